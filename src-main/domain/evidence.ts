/** What is known of the consumption of one message. */
export const evidenceVerdicts = ['consumed', 'not-seen-within-retention', 'unknown'] as const
export type EvidenceVerdict = (typeof evidenceVerdicts)[number]

/**
 * Why nothing can be said.
 * - `not-mapped`: nobody told Redrive where the receiver writes down what it has consumed.
 * - `unreachable`: it is known where, and it could not be asked.
 * - `received`: the receiver holds it and has not finished with it.
 * - `older-than-retention`: no proof is there; one may have been removed by now.
 * - `retention-unknown`: no proof is there; nobody knows for how long one would be kept.
 * - `age-unknown`: no proof is there; the outbox does not tell how old the message is.
 * - `other-ids`: the receiver's table holds ids of another kind, a number where the message has a text: look at the mapping.
 * - `row-gone`: the proof belongs to the row, and the row is there no more.
 * - `not-all-read`: no proof was found; more records have come to the log since the message was stored than are read.
 * - `records-without-id`: no proof was found; records of the log do not say which message they are about.
 * - `withdrawn`: only empty records with this id as their key are there, which take back what was said before.
 */
export const evidenceReasons = [
  'not-mapped',
  'unreachable',
  'received',
  'older-than-retention',
  'retention-unknown',
  'age-unknown',
  'other-ids',
  'row-gone',
  'not-all-read',
  'records-without-id',
  'withdrawn',
] as const
export type EvidenceReason = (typeof evidenceReasons)[number]

export interface Evidence {
  readonly verdict: EvidenceVerdict
  /** Null but for `unknown`. */
  readonly reason: EvidenceReason | null
  /** When it was consumed for the first time, ISO-8601; null where that is not written down. */
  readonly consumedAt: string | null
  /** Proofs of consumption that were found. */
  readonly times: number
}

/** What a look into the receiver's table has found of one message. */
export interface Sighting {
  /** Rows of the message. */
  readonly seen: number
  /** Of those, rows that say that it was consumed. */
  readonly consumed: number
  readonly consumedAt: string | null
}

/**
 * Seconds by which the clocks of the two sides may differ, and for which a proof may be removed before its time: so near to
 * the retention an absence proves nothing any more.
 */
export const RETENTION_MARGIN_SEC = 60
const SECOND_MS = 1_000

export interface Keeping {
  /** Seconds for which a proof is kept; null: nothing removes it. Absent: nobody knows. */
  readonly retentionSec?: number | null | undefined
}

/**
 * Not to be there proves something only for a message that is younger than any removed proof could be: nothing is consumed
 * before it is stored.
 */
export function judgeEvidence(
  { seen, consumed, consumedAt }: Sighting,
  { createdAt, now }: { readonly createdAt: string | null; readonly now: string },
  { retentionSec }: Keeping,
): Evidence {
  if (consumed > 0) return { verdict: 'consumed', reason: null, consumedAt, times: consumed }
  if (seen > 0) return unknownEvidence('received')
  if (retentionSec === undefined) return unknownEvidence('retention-unknown')
  const notSeen: Evidence = {
    verdict: 'not-seen-within-retention',
    reason: null,
    consumedAt: null,
    times: 0,
  }
  if (retentionSec === null) return notSeen
  const created = createdAt === null ? NaN : Date.parse(createdAt)
  if (Number.isNaN(created)) return unknownEvidence('age-unknown')
  const ageSec = (Date.parse(now) - created) / SECOND_MS
  return ageSec < retentionSec - RETENTION_MARGIN_SEC ? notSeen : unknownEvidence('older-than-retention')
}

export function unknownEvidence(reason: EvidenceReason): Evidence {
  return { verdict: 'unknown', reason, consumedAt: null, times: 0 }
}
