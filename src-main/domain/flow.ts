import type { Message } from './message.ts'

/** How far back the flow of a source is told. */
export const FLOW_WINDOW_SEC = 900
/** Rows that are read for it, the newest: along the key, so that a table of any size costs the same. */
export const FLOW_ROWS_MAX = 200
const SECOND_MS = 1_000

/** Of the messages that came in lately, and are still in the table. */
export interface Flow {
  /** What it is about, in seconds; less than FLOW_WINDOW_SEC where FLOW_ROWS_MAX messages came in a shorter time. */
  readonly overSec: number
  readonly came: number
  /** Of these, not of all: what was sent of older ones is not looked at. */
  readonly sent: number
  /** Of these and not sent; null: the layout counts no attempts. */
  readonly untried: number | null
  readonly tried: number | null
  /** Their attempts are used up. */
  readonly usedUp: number | null
  /** Sent rows leave the table, so that more came and were sent than can be told. */
  readonly sentLeave: boolean
}

const done: ReadonlySet<Message['state']> = new Set(['sent', 'consumed'])

/**
 * `newest`: newest first, and all there are or FLOW_ROWS_MAX. Null: the layout does not say when a message was stored, so
 * that nothing can be told.
 */
export function flowOf(
  newest: readonly Pick<Message, 'createdAt' | 'state' | 'attempts' | 'attemptsMax'>[],
  { nowMs, sentLeave }: { readonly nowMs: number; readonly sentLeave: boolean },
): Flow | null {
  if (newest.some(({ createdAt }) => createdAt === null)) return null
  const ageSec = ({ createdAt }: Pick<Message, 'createdAt'>): number =>
    Math.max(0, (nowMs - Date.parse(createdAt ?? '')) / SECOND_MS)
  const lately = newest.filter((message) => ageSec(message) < FLOW_WINDOW_SEC)
  const cut = newest.length >= FLOW_ROWS_MAX && lately.length === newest.length
  const overSec = cut ? Math.max(1, ...lately.map(ageSec)) : FLOW_WINDOW_SEC
  const open = lately.filter(({ state }) => !done.has(state))
  const counts = lately.some(({ attempts }) => attempts === null) ? null : open
  const isUsedUp = ({ attempts, attemptsMax }: (typeof open)[number]): boolean =>
    attemptsMax !== null && (attempts ?? 0) >= attemptsMax
  return {
    overSec,
    came: lately.length,
    sent: lately.length - open.length,
    untried: counts && counts.filter(({ attempts }) => attempts === 0).length,
    tried: counts && counts.filter((one) => (one.attempts ?? 0) > 0 && !isUsedUp(one)).length,
    usedUp: counts && counts.filter(isUsedUp).length,
    sentLeave,
  }
}
