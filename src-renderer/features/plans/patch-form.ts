import { jsonLanguage } from '@codemirror/lang-json'

export const OPERATIONS = ['replace', 'add', 'remove', 'test', 'move', 'copy'] as const
export type OperationName = (typeof OPERATIONS)[number]

/** One operation of a JSON Patch as it is typed. `value` is JSON text, kept to the digit. */
export interface OperationRow {
  readonly key: number
  readonly op: OperationName
  readonly path: string
  /** Of `move` and `copy`. */
  readonly from: string
  /** Of `add`, `replace` and `test`. */
  readonly value: string
}

export type OperationProblem = 'path' | 'from' | 'value'

export const takesValue = (op: OperationName): boolean => op === 'add' || op === 'replace' || op === 'test'
export const takesFrom = (op: OperationName): boolean => op === 'move' || op === 'copy'

/** RFC 6901, without the empty one: nobody means the whole payload of every message. */
const POINTER = /^(\/([^~/]|~0|~1)*)+$/

export function problemOf({ op, path, from, value }: OperationRow): OperationProblem | null {
  if (!POINTER.test(path.trim())) return 'path'
  if (takesFrom(op) && !POINTER.test(from.trim())) return 'from'
  return takesValue(op) && !isJson(value) ? 'value' : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export function emptyRow(rows: readonly OperationRow[]): OperationRow {
  const key = rows.reduce((last, row) => Math.max(last, row.key), 0) + 1
  return { key, op: 'replace', path: '', from: '', value: '' }
}

/** Nothing was typed into it. */
export const isEmptyRow = ({ path, from, value }: OperationRow): boolean =>
  path.trim() === '' && from.trim() === '' && value.trim() === ''

/** The patch as text, values exactly as typed; null: no operation. Asks for rows without a problem. */
export function patchText(rows: readonly OperationRow[]): string | null {
  const operations = rows
    .filter((row) => !isEmptyRow(row))
    .map(({ op, path, from, value }) => {
      const parts = [`"op":"${op}"`, `"path":${JSON.stringify(path.trim())}`]
      if (takesFrom(op)) parts.push(`"from":${JSON.stringify(from.trim())}`)
      if (takesValue(op)) parts.push(`"value":${value.trim()}`)
      return `{${parts.join(',')}}`
    })
  return operations.length === 0 ? null : `[${operations.join(',')}]`
}

/** The rows of a patch that was made here. Values are cut out of the text: parsed and printed they might lose digits. */
export function patchRows(text: string): OperationRow[] {
  const array = jsonLanguage.parser.parse(text).topNode.getChild('Array')
  return (array?.getChildren('Object') ?? []).map((object, index) => {
    const members = new Map<string, string>()
    for (const property of object.getChildren('Property')) {
      const name = property.getChild('PropertyName')
      const value = property.lastChild
      if (name !== null && value !== null)
        members.set(readString(text.slice(name.from, name.to)), text.slice(value.from, value.to))
    }
    const string = (name: string): string => readString(members.get(name) ?? '""')
    const op = OPERATIONS.find((known) => known === string('op')) ?? 'replace'
    return {
      key: index + 1,
      op,
      path: string('path'),
      from: string('from'),
      value: members.get('value') ?? '',
    }
  })
}

function readString(text: string): string {
  const value: unknown = JSON.parse(text)
  return typeof value === 'string' ? value : ''
}
