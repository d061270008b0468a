import type { SqlValue, Statement } from '../outbox-sql/statement.ts'

/** NUL is the one character that no name of MySQL has in it: what stands between two of them is a placeholder's place. */
const MARK = '\0'
const MARKED = /\0(\d+)\0/g

/** A placeholder may stand in the text more than once, and in any order, until it is bound. */
export function placeholder(position: number): string {
  return `${MARK}${position}${MARK}`
}

/** The same statement with a `?` for each use of a value, and the values in that order. */
export function bind({ text, values }: Statement): { readonly text: string; readonly values: SqlValue[] } {
  const used: SqlValue[] = []
  const bound = text.replace(MARKED, (_, position: string) => {
    used.push(values[Number(position) - 1] ?? null)
    return '?'
  })
  return { text: bound, values: used }
}
