import type { ChainFinding } from '../../domain/chain/finding.ts'
import { holeOf, isWithin } from '../../domain/chain/hole.ts'
import type { AuditMark } from '../../domain/audit.ts'
import type { ChainHorizon, ChainPace, ChainPlace, ChainReader, OpenTransaction } from '../../ports/chains.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { createCollector } from './collector.ts'

/** Waiting for open transactions; most end within milliseconds. */
const POLL_MS_FIRST = 20
const POLL_MS_MAX = 500
/** Places that are looked up by one statement. */
const PLACES_BATCH = 1_000

export interface WaitOptions {
  readonly reader: ChainReader
  readonly clock: Clock
  /** How long open transactions are waited for, in milliseconds. */
  readonly waitMs: number
}

export interface SettleOptions extends WaitOptions {
  readonly pace: ChainPace
  readonly horizon: ChainHorizon
  readonly mark: AuditMark | null
  /** How long the server's counters may lag behind what was committed, in milliseconds. */
  readonly countersLagMs: number
}

/**
 * Says for each missing message why it is missing.
 *
 * A hole was seen in one snapshot. Whatever could fill it is a transaction that was open after that, so: list the open
 * ones, wait until they have ended, look again. What is filled by then is no finding. What is not, no transaction that was
 * open can fill any more. A snapshot's own horizon would not do: a transaction may have drawn its number and have no
 * transaction id yet, so that it commits a small number long after greater ones were seen.
 */
export async function settleHoles(
  findings: readonly ChainFinding[],
  options: SettleOptions,
  signal: AbortSignal,
): Promise<readonly ChainFinding[]> {
  const holes = findings.filter(({ kind }) => kind === 'missing')
  if (holes.length === 0) return findings
  const { reader, horizon } = options
  const seenAt = options.clock.now().getTime()
  const open = horizon.standby ? [] : await outlasting(options, signal)
  const { now, others } = await lookAgain(findings, holes, options, signal)
  if (!now.some(({ kind }) => kind === 'missing')) return now
  const later = open.length > 0 ? horizon : await settledCounters(options, seenAt, signal)
  const [oldest] = open.toSorted((a, b) => Number(b.wroteHere) - Number(a.wroteHere))
  return now.map((finding) => {
    if (finding.kind !== 'missing') return finding
    const hole = holeOf({
      finding,
      numbers: reader.shape.numbers,
      standby: horizon.standby,
      open: oldest ?? null,
      otherChain: otherThan(finding.chain, others.get(finding.previousId ?? '')),
      intactTo: options.mark?.intactTo ?? null,
      neverDeleted: later.deletes === 'no',
      sequence: later.sequence,
    })
    return { ...finding, hole }
  })
}

/**
 * Sessions tell the counters of their deletes with a delay. Nothing is taken for never deleted before everything that was
 * committed when the hole was seen must have been counted.
 */
async function settledCounters(
  { reader, clock, countersLagMs }: SettleOptions,
  seenAt: number,
  signal: AbortSignal,
): Promise<ChainHorizon> {
  const soon = await reader.horizon(signal)
  if (soon.deletes === 'yes') return soon
  await clock.sleep(Math.max(0, seenAt + countersLagMs - clock.now().getTime()), signal)
  return reader.horizon(signal)
}

function otherThan(own: string, chain: string | undefined): string | null {
  return chain === undefined || chain === own ? null : chain
}

/** Transactions open now that have not ended within the time. */
async function outlasting(
  { reader, clock, waitMs }: WaitOptions,
  signal: AbortSignal,
): Promise<readonly OpenTransaction[]> {
  const startedAt = clock.now().getTime()
  let still = await reader.openTransactions(signal)
  for (let pollMs = POLL_MS_FIRST; still.length > 0; pollMs = Math.min(pollMs * 2, POLL_MS_MAX)) {
    if (clock.now().getTime() - startedAt >= waitMs) return still
    await clock.sleep(pollMs, signal)
    const open = new Map((await reader.openTransactions(signal)).map((one) => [one.transaction, one]))
    still = still.flatMap(({ transaction }) => open.get(transaction) ?? [])
  }
  return []
}

/** True where all transactions that were open at the call have ended within the time. */
export async function openOnesEnd(options: WaitOptions, signal: AbortSignal): Promise<boolean> {
  return (await outlasting(options, signal)).length === 0
}

interface Again {
  readonly now: readonly ChainFinding[]
  /** By missing id: the chain that holds it. */
  readonly others: ReadonlyMap<string, string>
}

/** Chains in which something has been filled since are read again; what is new in them is a later audit's matter. */
async function lookAgain(
  findings: readonly ChainFinding[],
  holes: readonly ChainFinding[],
  { reader, pace }: SettleOptions,
  signal: AbortSignal,
): Promise<Again> {
  const linked = reader.shape.numbers === 'linked'
  const present = linked ? await presentOf(reader, holes, signal) : []
  const filled = new Set(present.map(placeKey))
  const changed = new Set(
    holes
      .filter(({ chain, previousId }) => !linked || filled.has(placeKey({ chain, id: previousId ?? '' })))
      .map(({ chain }) => chain),
  )
  const others = new Map(present.map(({ id, chain }) => [id, chain]))
  if (changed.size === 0) return { now: findings, others }
  const again = createCollector(reader.shape.numbers)
  const bounds = { above: null, upTo: null }
  const walk = { chains: [...changed], bounds, pace, counted: false }
  await reader.walk(walk, (deviations) => again.take(deviations), signal)
  const before = Map.groupBy(
    findings.filter(({ chain }) => changed.has(chain)),
    ({ chain }) => chain,
  )
  const known = (one: ChainFinding): boolean =>
    (before.get(one.chain) ?? []).some(
      (old) => old.kind === one.kind && (one.kind === 'missing' ? isWithin(one, old) : old.id === one.id),
    )
  const now = [...findings.filter(({ chain }) => !changed.has(chain)), ...again.kept().filter(known)]
  return { now, others }
}

async function presentOf(
  reader: ChainReader,
  holes: readonly ChainFinding[],
  signal: AbortSignal,
): Promise<readonly ChainPlace[]> {
  const found: ChainPlace[] = []
  for (let from = 0; from < holes.length; from += PLACES_BATCH) {
    const places = holes
      .slice(from, from + PLACES_BATCH)
      .flatMap(({ chain, previousId }) => (previousId === null ? [] : [{ chain, id: previousId }]))
    found.push(...(await reader.present(places, signal)))
  }
  return found
}

function placeKey({ chain, id }: ChainPlace): string {
  return `${id} ${chain}`
}
