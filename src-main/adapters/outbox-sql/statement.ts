export type Row = Readonly<Record<string, string | null>>

export type SqlValue = string | null | readonly (string | null)[]

export interface Statement {
  readonly text: string
  readonly values: readonly SqlValue[]
  /** For EXPLAIN, and where the planner is known to be wrong: would an index do? */
  readonly withoutSeqScan?: boolean
}

/** Runs in one read-only transaction. Rejects with RedriveError `query-timeout` after `timeoutMs` on the server. */
export type Read = (statement: Statement, timeoutMs: number, signal: AbortSignal) => Promise<readonly Row[]>

/** Values of one statement. Nothing but names from the catalogue and keywords is ever written into the text. */
export interface Params {
  readonly values: readonly SqlValue[]
  /** Returns its placeholder. The same value for the same `use` (a column, say, which gives its type) is sent once. */
  add(value: SqlValue, use: string): string
}

export function newParams(placeholder: (position: number) => string): Params {
  const values: SqlValue[] = []
  const known = new Map<string, string>()
  return {
    values,
    add(value, use) {
      // A list has thousands of values and is named once by whoever adds it.
      if (Array.isArray(value)) return placeholder(values.push(value))
      const key = JSON.stringify([use, value])
      const existing = known.get(key)
      if (existing !== undefined) return existing
      values.push(value)
      const added = placeholder(values.length)
      known.set(key, added)
      return added
    },
  }
}
