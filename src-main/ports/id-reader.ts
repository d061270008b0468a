import type { IdFault, IdFinding, IdService } from '../domain/id-service.ts'

/** Findings of one kind that are told one by one; more are counted. */
export const ID_FINDINGS_MAX = 200

export interface IdSearch {
  readonly service: IdService
  /** Only ids greater than this; null: all. */
  readonly since: string | null
  /** Longest time that one statement may take, in milliseconds. */
  readonly statementMs: number
}

export interface IdsFound {
  readonly messages: number
  readonly findings: readonly IdFinding[]
  /** All of them, told or not. */
  readonly byFault: Readonly<Record<IdFault, number>>
  /** What was not looked at, because the outbox does not say it. */
  readonly unseen: readonly ('order' | 'chain' | 'worker' | 'created')[]
}

/**
 * Ids that an id service made, as they stand in the outbox. Reads only, each statement with a limit on the server, where it
 * is cancelled when `signal` is aborted; the audit of chains does not wait for it. Throws RedriveError as an outbox does,
 * `column-missing` where the table has not the column, `usage` where its ids are no whole numbers.
 */
export interface IdReader {
  search(search: IdSearch, signal: AbortSignal): Promise<IdsFound>
  close(): Promise<void>
}
