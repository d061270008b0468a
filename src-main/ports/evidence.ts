import type { DedupeFacts } from '../domain/dedupe/facts.ts'
import type { Evidence } from '../domain/evidence.ts'

/** Messages that one look may ask for. */
export const EVIDENCE_BATCH_MAX = 1_000

/** A message of the outbox. */
export interface EvidenceRequest {
  /** Row id, as the outbox has it. */
  readonly id: string
  readonly messageId: string
  /** ISO-8601; null where the layout does not tell. Older than the retention, an absence proves nothing. */
  readonly createdAt: string | null
}

/** A message that the receiver has written down. */
export interface Consumption {
  readonly messageId: string
  readonly times: number
  readonly firstAt: string | null
}

export interface ConsumptionPage {
  readonly consumptions: readonly Consumption[]
  /** The last message id read; null: that was all. */
  readonly next: string | null
}

/**
 * Where a receiver writes down what it has consumed: an inbox or dedupe table, in the outbox's own database or in another, or
 * a log of a broker.
 *
 * Reads only. A database is read on a connection that cannot write; every statement has a time limit on the server and is cancelled there when
 * `signal` is aborted.
 *
 * Throws RedriveError where it could not look (`host-unreachable`, `query-timeout`, `table-missing`, …): then nothing was
 * found out, of no message of the batch, and whoever asked must not take it for "not consumed".
 */
export interface EvidenceReader {
  /** For a person: table, and the database where it is another one; log and broker. */
  readonly where: string
  /** Says of each what is known, in the order of the requests; at most EVIDENCE_BATCH_MAX. */
  look(requests: readonly EvidenceRequest[], signal: AbortSignal): Promise<readonly Evidence[]>
  /**
   * What was consumed, by message id in the order of the table's index, behind `after` (null: from the beginning). Null where
   * the proofs cannot be walked through by themselves, because they are found by the outbox's rows only.
   */
  readonly walk:
    | ((
        page: { readonly after: string | null; readonly limit: number },
        signal: AbortSignal,
      ) => Promise<ConsumptionPage>)
    | null
  /** The receiver's position in each chain that it knows, by chain key. Null where no table of positions is mapped. */
  readonly positions:
    ((chains: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, string>>) | null
  /** How it was made, so that a person knows whether a second delivery is noticed. Bounded: it looks at a sample. */
  dedupe(signal: AbortSignal): Promise<DedupeFacts>
  /** The time of its server, ISO-8601. Null where the server does not tell, as brokers do not. */
  readonly clock: ((signal: AbortSignal) => Promise<string>) | null
  close(): Promise<void>
}
