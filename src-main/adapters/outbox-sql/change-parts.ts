import { RedriveError } from '../../domain/errors.ts'
import type { Drift } from './drift.ts'
import type { LookParts } from './parts.ts'
import type { Read, Row, Statement } from './statement.ts'

/*
 * Changing rows where the server does not answer an UPDATE with rows that another statement can use: lock the rows and look,
 * decide here, change just those and look again. MySQL, MariaDB and SQLite are written to in this way.
 */

export interface Transaction {
  /** Rows of a SELECT; of a change, how many rows it found. */
  run(statement: Statement): Promise<{ readonly rows: readonly Row[]; readonly matched: number }>
}

export interface ChangeSession {
  readonly read: Read
  /**
   * Runs the work in one transaction, all or none. With `only` no other transaction with that word is at work at the same
   * time. Rejects with `later` where nothing has happened, with `unknown-effect` where only the answer to COMMIT is missing.
   */
  write<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    signal: AbortSignal,
    only?: string,
  ): Promise<Result>
  /** The same, and takes it back. */
  rehearse<Result>(work: (transaction: Transaction) => Promise<Result>, signal: AbortSignal): Promise<Result>
}

/** A column, quoted and without an alias, and the expression that is written to it. */
export interface Written {
  readonly column: string
  readonly value: string
}

/** How a server is told to lock and to change rows that are given as `r`. */
export interface ChangeForms {
  /** Ends a SELECT that locks its rows. */
  readonly lock: string
  /** Ends one that passes over rows which somebody else has locked. */
  readonly lockFree: string
  /** Joins the outbox's table as `t`, row by row as it is asked for. */
  joined(parts: ChangeParts): string
  /** Every value is computed from the row as it was. */
  update(parts: ChangeParts, given: string, written: readonly Written[]): string
  remove(parts: ChangeParts, given: string): string
  /** A value as the column can hold it. */
  fitting(parts: ChangeParts, column: string, value: string): string
  /** What `imageOf` has read of a column of this type, as it was. */
  restored(text: string, type: string): string
  /** The column holds just this, null being equal to null. */
  same(column: string, value: string, isText: boolean): string
}

/** What changing the rows of one outbox needs. */
export interface ChangeParts extends LookParts {
  readonly session: ChangeSession
  readonly drift: Drift
  readonly forms: ChangeForms
}

/** Throws RedriveError `action-refused` where the server could not take back what has begun. */
export function requireWritable({ catalogue }: ChangeParts, action: string): void {
  if (catalogue.unwritable === undefined) return
  throw new RedriveError('action-refused', 'never', { action, ...catalogue.unwritable })
}
