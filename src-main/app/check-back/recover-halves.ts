import type { HalfStanding } from '../../domain/check-back.ts'
import type { MessageWithContent } from '../../domain/message.ts'
import { HALF_STANDINGS_MAX } from '../../ports/half-store.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { entryOf } from './check-batch.ts'

/** Half messages of one look; each is read with its payload. */
const LOOK_ROWS = 200
const SECOND_MS = 1_000
/** One that was not asked about for so long is looked at: it may have been decided by its producer. */
const SILENT_SEC_MIN = 3_600

/**
 * Puts right what is known of half messages: a decision whose process died, or whose answer was lost, is told by the row as
 * it is now; and what is no half message any more is forgotten. Changes no row.
 */
export async function recoverHalves(
  ports: EnginePorts,
  outbox: Outbox,
  of: { readonly source: string; readonly run: string; readonly againSec: number },
  signal: AbortSignal,
): Promise<void> {
  const { source, run } = of
  const silentMs = Math.max(SILENT_SEC_MIN, 2 * of.againSec) * SECOND_MS
  const silentSince = new Date(ports.clock.now().getTime() - silentMs).toISOString()
  const find = (state: HalfStanding['state'], askedBefore: string | null) =>
    ports.halfStore.inState(source, { state, askedBefore, limit: HALF_STANDINGS_MAX })
  const deciding = await find('deciding', null)
  const others = [...(await find('parked', null)), ...(await find('undecided', silentSince))]
  const waiting = await stillWaiting(outbox, [...deciding, ...others], signal)
  const again = deciding.filter(({ id }) => waiting.has(id))
  const settled = deciding.filter(({ id }) => !waiting.has(id))
  const named = (some: readonly HalfStanding[]) => some.map(({ id, messageId }) => ({ id, messageId }))
  if (deciding.length > 0) {
    // By this decision, or by somebody else: the row does not say whose it was.
    const detail = { askedAgain: named(again), noLongerWaiting: named(settled) }
    const moves = again.map(({ id }) => ({ id, state: 'undecided' as const }))
    await ports.halfStore.move(source, moves, entryOf(ports, 'check-back-recovered', { source, run, detail }))
  }
  const gone = [...settled, ...others.filter(({ id }) => !waiting.has(id))].map(({ id }) => id)
  for (let at = 0; at < gone.length; at += HALF_STANDINGS_MAX) {
    await ports.halfStore.forget(source, gone.slice(at, at + HALF_STANDINGS_MAX), null)
  }
}

/** Those whose row is still a half message. */
async function stillWaiting(
  outbox: Outbox,
  standings: readonly HalfStanding[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const waiting = new Set<string>()
  for (let at = 0; at < standings.length; at += LOOK_ROWS) {
    const ids = standings.slice(at, at + LOOK_ROWS).map(({ id }) => id)
    const rows: readonly MessageWithContent[] = await outbox.read(ids, signal)
    for (const { id, state } of rows) if (state === 'waiting-confirm') waiting.add(id)
  }
  return waiting
}
