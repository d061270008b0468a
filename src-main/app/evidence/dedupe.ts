import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import { verdictOf } from '../../domain/dedupe/finding.ts'
import type { DedupeFinding, DedupeVerdict } from '../../domain/dedupe/finding.ts'
import { judgeDedupe } from '../../domain/dedupe/judge.ts'
import type { Oldest, Skew } from '../../domain/dedupe/judge.ts'
import { longestRetrySec } from '../../domain/dedupe/span.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Trouble } from '../../domain/message.ts'
import { say } from '../../domain/text.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { problemOf } from './asking.ts'

/** Of a whole check: an operator waits for it, and a receiver's database is somebody's production too. */
const CHECK_TIMEOUT_MS = 15_000
const OLDEST_BUDGET_MS = 1_500
const SECOND_MS = 1_000
/** In what a person, or a sweep, resends. */
const RESENDABLE: readonly Trouble[] = ['failed', 'stuck']

export interface DedupeReport {
  /** Null: no evidence is mapped. */
  readonly where: string | null
  readonly verdict: DedupeVerdict
  readonly findings: readonly DedupeFinding[]
}

/** Says before a resend whether a second delivery of the same message would do harm. Reads only. */
export interface DedupeChecks {
  /** Never throws but `cancelled` and `source-unknown`: what could not be found out is a finding of its own. */
  check(source: string, signal: AbortSignal): Promise<DedupeReport>
}

export function createDedupeChecks({ clock }: EnginePorts, connections: Connections): DedupeChecks {
  return {
    async check(source, signal) {
      const retrySec = deadLetterPlace(source) === null ? await retriesOf(connections, source) : null
      const limited = AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)])
      let where: string | null = null
      try {
        where = await connections.evidencePlace(source, limited)
        const reader = where === null ? null : await connections.evidence(source, limited)
        if (reader === null) return reportOf(null, [reachable(say('dedupe.not-mapped'))])
        where = reader.where
        const [facts, oldest, skew] = await Promise.all([
          reader.dedupe(limited),
          oldestOf({ connections, source }, limited),
          skewOf({ connections, source, reader }, () => clock.now(), limited),
        ])
        return reportOf(where, judgeDedupe({ facts, retrySec, oldest, skew }))
      } catch (error) {
        if (signal.aborted) throw error
        const problem = limited.aborted
          ? `query-timeout: no answer within ${CHECK_TIMEOUT_MS / SECOND_MS} s`
          : problemOf(error)
        return reportOf(where, [reachable(say('dedupe.unreachable', { problem }))])
      }
    },
  }
}

function reachable(says: DedupeFinding['says']): DedupeFinding {
  return { check: 'reachable', state: 'unknown', says }
}

function reportOf(where: string | null, findings: readonly DedupeFinding[]): DedupeReport {
  return { where, verdict: verdictOf(findings), findings }
}

/** By the policy that is written down: on which machine a sweep is switched on, no other machine knows. Throws `source-unknown`. */
async function retriesOf(connections: Connections, source: string): Promise<number | null> {
  const { sweep } = await connections.source(source)
  return sweep === undefined ? null : longestRetrySec(sweep)
}

async function oldestOf(
  { connections, source }: { readonly connections: Connections; readonly source: string },
  signal: AbortSignal,
): Promise<Oldest> {
  try {
    return await connections.withOutbox(source, (outbox) => oldestIn(outbox, signal), signal)
  } catch (error) {
    if (signal.aborted) throw error
    return { known: false, problem: problemOf(error) }
  }
}

/** By the clock that wrote down when a message was stored. */
async function oldestIn(outbox: Outbox, signal: AbortSignal): Promise<Oldest> {
  const nowMs = Date.parse(await outbox.clock(signal))
  const pages = await Promise.all(
    RESENDABLE.map((trouble) =>
      outbox.list(
        { filter: { trouble }, order: 'oldest', cursor: null, limit: 1, budgetMs: OLDEST_BUDGET_MS },
        signal,
      ),
    ),
  )
  const ages: number[] = []
  for (const { messages, scope } of pages) {
    const [oldest] = messages
    if (oldest === undefined && !scope.complete) return { known: false, problem: 'query-timeout' }
    if (oldest === undefined) continue
    const createdMs = oldest.createdAt === null ? NaN : Date.parse(oldest.createdAt)
    if (Number.isNaN(createdMs)) return { known: false, problem: 'age-unknown' }
    ages.push((nowMs - createdMs) / SECOND_MS)
  }
  return { known: true, ageSec: ages.length === 0 ? null : Math.max(0, ...ages) }
}

interface Clocked {
  readonly connections: Connections
  readonly source: string
  readonly reader: EvidenceReader
}

async function skewOf(
  { connections, source, reader }: Clocked,
  now: () => Date,
  signal: AbortSignal,
): Promise<Skew> {
  const { clock } = reader
  try {
    const receiver = clock === null ? null : await aheadSec(() => clock(signal), now)
    const own = await connections.withOutbox(
      source,
      (outbox) => aheadSec(() => outbox.clock(signal), now),
      signal,
    )
    return { receiverToSourceSec: receiver === null ? null : receiver - own, machineToSourceSec: -own }
  } catch (error) {
    if (signal.aborted || !(error instanceof RedriveError)) throw error
    return { receiverToSourceSec: null, machineToSourceSec: null }
  }
}

/** Seconds by which a server's clock is ahead of this machine's: half of the way there and back is taken off. */
async function aheadSec(ask: () => Promise<string>, now: () => Date): Promise<number> {
  const before = now().getTime()
  const told = Date.parse(await ask())
  const middle = (before + now().getTime()) / 2
  return (told - middle) / SECOND_MS
}
