import { SUSPICIOUS_NAMED_MAX } from '../../domain/audit.ts'
import type {
  AuditMark,
  AuditPhase,
  AuditProgress,
  AuditReplica,
  AuditScope,
  ReplicaUse,
} from '../../domain/audit.ts'
import type { ChainFinding } from '../../domain/chain/finding.ts'
import type { ChainHorizon, ChainPace, ChainReader, IdBounds, SurveyPart } from '../../ports/chains.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { createCollector } from './collector.ts'
import type { Collector } from './collector.ts'
import { openOnesEnd, settleHoles } from './settle-holes.ts'
import { surveySomewhere } from './survey-place.ts'

export interface AuditPatience {
  /** Transactions open at the beginning are waited for this long, so that what is read can count as read for good. */
  readonly steadyMs: number
  /** Transactions that could fill a hole are waited for this long. */
  readonly holeMs: number
  /** PostgreSQL's sessions report what they did at the latest ten seconds after it, when they are idle. */
  readonly countersMs: number
  /**
   * A replica is waited for this long. A primary on which nobody commits tells of its last steps within fifteen seconds, by
   * the list of running transactions that it logs.
   */
  readonly replicaMs: number
}

export const auditPatience: AuditPatience = {
  steadyMs: 2_000,
  holeMs: 5_000,
  countersMs: 11_000,
  replicaMs: 20_000,
}

const WHOLE: IdBounds = { above: null, upTo: null }

export interface ReadChainsOptions {
  readonly reader: ChainReader
  readonly clock: Clock
  readonly scope: AuditScope
  readonly pace: ChainPace
  readonly replica: ReplicaUse
  readonly mark: AuditMark | null
  readonly seed: string
  readonly patience: AuditPatience
  readonly moved: (phase: AuditPhase, progress: AuditProgress) => void
}

export interface ChainsRead {
  readonly horizon: ChainHorizon
  readonly findings: readonly ChainFinding[]
  readonly droppedByKind: ReturnType<Collector['droppedByKind']>
  readonly progress: AuditProgress
  /** Everything up to here has been read, and nothing can be added to it; null where that cannot be said. */
  readonly readTo: string | null
  readonly remarks: readonly string[]
  /** Null: none was to be read. */
  readonly replica: AuditReplica | null
}

/**
 * Reads what the scope says and resolves only when it has read all of it. Whatever keeps it from the end is thrown: a part
 * of the chains is not a verdict on the chains.
 */
export async function readChains(options: ReadChainsOptions, signal: AbortSignal): Promise<ChainsRead> {
  const { reader, clock, scope, pace, mark, patience } = options
  const horizon = await reader.horizon(signal)
  const steady =
    scope.kind !== 'chains' && !horizon.standby
      ? await openOnesEnd({ reader, clock, waitMs: patience.steadyMs }, signal)
      : false
  const { messagesEstimate } = await reader.method(signal)
  const collector = createCollector(reader.shape.numbers)
  const live = { messages: 0, messagesEstimate, chains: 0, suspicious: 0 }
  const read = { options, collector, live }
  const bounds = boundsOf(scope, mark, horizon)
  let replica: AuditReplica | null = null
  if (scope.kind === 'chains') await walk(read, scope.chains, WHOLE, signal)
  else if (bounds !== null) await walk(read, null, bounds, signal)
  // Only now, when what was open has ended: where the log of the primary ends, all of it is in it.
  else replica = await survey(read, signal)
  options.moved('settling', { ...live })
  const settling = {
    reader,
    clock,
    pace,
    horizon,
    mark,
    waitMs: patience.holeMs,
    countersLagMs: patience.countersMs,
  }
  const findings = await settleHoles(collector.kept(), settling, signal)
  return {
    horizon,
    findings,
    droppedByKind: collector.droppedByKind(),
    progress: { ...live },
    readTo: steady ? readToOf(horizon, findings) : null,
    remarks: remarksOf(horizon, collector, { steady, scope }),
    replica,
  }
}

/** Null: the whole outbox. */
function boundsOf(scope: AuditScope, mark: AuditMark | null, { maxId }: ChainHorizon): IdBounds | null {
  if (scope.kind === 'since') return { above: scope.id, upTo: null }
  if (scope.kind === 'new' && mark !== null) return { above: mark.readTo, upTo: maxId }
  return null
}

interface Reading {
  readonly options: ReadChainsOptions
  readonly collector: Collector
  readonly live: { messages: number; messagesEstimate: number | null; chains: number; suspicious: number }
}

async function survey(
  { options, collector, live }: Reading,
  signal: AbortSignal,
): Promise<AuditReplica | null> {
  const { reader, pace, seed, moved, patience, replica: use } = options
  const named: string[] = []
  const afresh = (): void => {
    Object.assign(live, { messages: 0, chains: 0, suspicious: 0 })
    named.length = 0
    moved('surveying', { ...live })
  }
  const take = (part: SurveyPart): void => {
    live.messages += part.messages
    live.chains += part.chains
    live.suspicious += part.suspicious.length + part.unnamed
    if (live.suspicious <= SUSPICIOUS_NAMED_MAX) named.push(...part.suspicious)
    moved('surveying', { ...live })
  }
  moved('surveying', { ...live })
  const place = { reader, use, replicaMs: patience.replicaMs, request: { pace, seed }, afresh, take }
  const replica = await surveySomewhere(place, signal)
  if (live.suspicious === 0) return replica
  moved('walking', { ...live })
  const chains = live.suspicious <= SUSPICIOUS_NAMED_MAX ? named : null
  const suspicious = { chains, bounds: WHOLE, pace, counted: false }
  await reader.walk(suspicious, (deviations) => collector.take(deviations), signal)
  return replica
}

async function walk(
  { options, collector, live }: Reading,
  chains: readonly string[] | null,
  bounds: IdBounds,
  signal: AbortSignal,
): Promise<void> {
  const { reader, pace, moved } = options
  moved('walking', { ...live })
  const totals = await reader.walk(
    { chains, bounds, pace, counted: true },
    (deviations) => collector.take(deviations),
    signal,
  )
  live.messages = totals.messages
  live.chains = totals.chains
  live.suspicious = totals.chains
}

/** What is still open is read again the next time. */
function readToOf({ maxId }: ChainHorizon, findings: readonly ChainFinding[]): string | null {
  if (maxId === null) return null
  const open = findings.filter(({ hole }) => hole?.kind === 'in-flight' || hole?.reason === 'not-settled')
  return open.reduce((to, { id, previousId }) => least(to, least(id, previousId ?? id), -1n), maxId)
}

function least(to: string, id: string, offset = 0n): string {
  const other = BigInt(id) + offset
  return other < BigInt(to) ? String(other) : to
}

function remarksOf(
  { standby }: ChainHorizon,
  collector: Collector,
  { steady, scope }: { readonly steady: boolean; readonly scope: AuditScope },
): readonly string[] {
  const remarks: string[] = []
  if (standby) {
    remarks.push('The source is a standby: whether a hole is in flight can only be told on the primary.')
  } else if (!steady && scope.kind !== 'chains') {
    remarks.push(
      'Transactions stayed open: what was read does not count as read for good, and is read again next time.',
    )
  }
  if (scope.kind === 'since' || scope.kind === 'new') {
    remarks.push(
      'Only messages above the id were read: what was deleted below it is found by an audit of all.',
    )
  }
  if (collector.cutChains() > 0) {
    remarks.push(
      `In ${collector.cutChains()} chains only the first deviations were judged, they have too many.`,
    )
  }
  return remarks
}
