import { brokersWatched, NO_ALERTS } from '../../domain/alert/rule.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { NO_SUMS, scheduleHealth } from '../../domain/sample.ts'
import type {
  BrokerSample,
  OutcomeSums,
  Sample,
  ScheduleHealth,
  SourceSample,
  Subject,
  TroubleLevel,
} from '../../domain/sample.ts'
import type { Workspace } from '../../domain/workspace.ts'
import type { CheckBacks } from '../check-back/check-backs.ts'
import type { Connections } from '../connections/connections.ts'
import type { HealthBoard } from '../connections/health.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { TroubleCounts } from '../messages/messages.ts'
import type { Sweeps } from '../sweep/sweeps.ts'
import type { Counting } from './counting.ts'

/** What does not answer by then has not answered at that moment. */
const ANSWER_MS = 10_000
/** Sources and brokers at a time. */
const AT_ONCE = 4
/** Of a subject's time that sampling may take: one that took a second is left alone for ten. */
const REST_FACTOR = 10
/** A source that is slower than usual is left alone for so long at least. */
const SLOW_REST_MS = 120_000
/** Part of the pace that must have gone by since anybody sampled a subject. */
const TURN = 0.7
/** What somebody else counted just now is good enough. */
const FRESH_MS = 10_000
const SECOND_MS = 1_000

export interface SamplingOptions {
  readonly ports: Pick<EnginePorts, 'clock' | 'jobReader' | 'loads' | 'samples' | 'log'>
  readonly connections: Connections
  readonly health: HealthBoard
  readonly counting: Counting
  readonly sweeps: Sweeps
  readonly checkBacks: CheckBacks
}

/** What the local store says of sources, read once for all of them. */
interface Local {
  readonly sums: ReadonlyMap<string, OutcomeSums>
  readonly sweeps: ReadonlyMap<string, ScheduleHealth>
  readonly checkBacks: ReadonlyMap<string, ScheduleHealth>
}

export interface Sampler {
  /** One sample of everything whose turn it is, written down. */
  take(paceMs: number, signal: AbortSignal): Promise<readonly Sample[]>
}

export function createSampler(options: SamplingOptions): Sampler {
  const { ports, connections } = options
  const { clock, loads, samples } = ports
  const restUntilMs = new Map<string, number>()
  const rested = ({ kind, name }: Subject): boolean =>
    clock.now().getTime() >= (restUntilMs.get(`${kind} ${name}`) ?? 0)

  const isSlow = ({ kind, name }: Subject): boolean => {
    if (kind !== 'source') return false
    loads.measure(name)
    return loads.slower(name) !== null
  }

  return {
    async take(paceMs, signal) {
      const workspace = await connections.workspace()
      const nowMs = clock.now().getTime()
      const due = subjectsOf(workspace, options.health).filter(rested)
      const taken = due.length === 0 ? [] : await samples.take(due, nowMs, nowMs - paceMs * TURN)
      if (taken.length === 0) return []
      const local = await readLocal(options, nowMs)
      const found = await atMost(AT_ONCE, taken, async (subject) => {
        const begunMs = clock.now().getTime()
        const sample = await loads.inBackground(() => sampled(options, subject, local, signal))
        const tookMs = clock.now().getTime() - begunMs
        const restMs = Math.max(tookMs * REST_FACTOR, isSlow(subject) ? SLOW_REST_MS : 0)
        restUntilMs.set(`${subject.kind} ${subject.name}`, begunMs + restMs)
        return sample
      })
      signal.throwIfAborted()
      await samples.add(found, clock.now().getTime())
      return found
    },
  }
}

/**
 * A source whose password a person has to type is sampled once somebody has connected it; a broker that nobody uses and no
 * rule watches is left alone.
 */
function subjectsOf({ sources, brokers, alerts = NO_ALERTS }: Workspace, health: HealthBoard): Subject[] {
  const known = new Map(health.all().map(({ kind, name, state }) => [`${kind} ${name}`, state]))
  const watched = brokersWatched(alerts.rules, Object.keys(brokers))
  const asksPerson = (password: object | undefined): boolean => password !== undefined && 'prompt' in password
  const isUsed = (kind: Subject['kind'], name: string): boolean =>
    (known.get(`${kind} ${name}`) ?? 'idle') !== 'idle'
  return [
    ...Object.entries(sources)
      .filter(([name, { password }]) => !asksPerson(password) || isUsed('source', name))
      .map(([name]): Subject => ({ kind: 'source', name })),
    ...Object.entries(brokers)
      .filter(([name, { password }]) =>
        asksPerson(password) ? isUsed('broker', name) : watched.includes(name) || isUsed('broker', name),
      )
      .map(([name]): Subject => ({ kind: 'broker', name })),
  ]
}

async function readLocal({ ports, sweeps, checkBacks }: SamplingOptions, nowMs: number): Promise<Local> {
  const totals = await ports.jobReader.outcomeTotals()
  const sweepViews = await sweeps.list(1)
  const checkViews = await checkBacks.list(1)
  const lastOf = (runs: readonly { readonly startedAt: string; readonly state: string }[]) => {
    const [last] = runs
    return last === undefined ? null : { startedAt: last.startedAt, running: last.state === 'running' }
  }
  return {
    sums: new Map(
      totals.map(({ source, confirmed, returned, refused, unknown }) => [
        source,
        { confirmed, returned, refused, unknown },
      ]),
    ),
    sweeps: new Map(
      sweepViews.map(({ source, state, settings: { everySec }, runs }) => [
        source,
        scheduleHealth({ state, everySec, last: lastOf(runs) }, nowMs),
      ]),
    ),
    checkBacks: new Map(
      checkViews.map(({ source, state, config: { everySec }, runs }) => [
        source,
        scheduleHealth({ state, everySec, last: lastOf(runs) }, nowMs),
      ]),
    ),
  }
}

function sampled(
  options: SamplingOptions,
  subject: Subject,
  local: Local,
  signal: AbortSignal,
): Promise<Sample> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  return subject.kind === 'source'
    ? sampleSource(options, subject.name, local, limited)
    : sampleBroker(options, subject.name, limited)
}

async function sampleSource(
  { ports, counting }: SamplingOptions,
  name: string,
  local: Local,
  signal: AbortSignal,
): Promise<SourceSample> {
  const { clock, jobReader, log } = ports
  const [unsettled, [oldest]] = [await jobReader.unsettledCount(name), await jobReader.unsettledJobs(name)]
  const answer = await counting.counts(name, { freshMs: FRESH_MS }, signal).catch((error: unknown) => {
    log.warn({ source: name, reason: String(error) }, 'sample-source-failed')
    return codeOf(error)
  })
  const now = clock.now()
  return {
    kind: 'source',
    name,
    atMs: now.getTime(),
    levels: typeof answer === 'string' ? null : levelsOf(answer, now),
    code: typeof answer === 'string' ? answer : null,
    unsettled: { count: unsettled, oldestSec: ageSec(oldest?.createdAt ?? null, now) },
    sums: local.sums.get(name) ?? NO_SUMS,
    sweep: local.sweeps.get(name) ?? 'none',
    checkBack: local.checkBacks.get(name) ?? 'none',
  }
}

function levelsOf({ troubles }: TroubleCounts, now: Date): SourceSample['levels'] {
  const levels = troubles.map(({ trouble, count, bounded, scope, oldestCreatedAt }) => {
    const level: TroubleLevel = {
      count,
      atLeast: bounded || !scope.complete,
      oldestSec: ageSec(oldestCreatedAt, now),
    }
    return [trouble, level]
  })
  return Object.fromEntries(levels) as SourceSample['levels']
}

async function sampleBroker(
  { ports, connections, health }: SamplingOptions,
  name: string,
  signal: AbortSignal,
): Promise<BrokerSample> {
  let failure: ErrorCode | null = null
  try {
    await connections.testBroker(name, null, signal)
  } catch (error) {
    ports.log.warn({ broker: name, reason: String(error) }, 'sample-broker-failed')
    failure = codeOf(error)
  }
  const known = health.all().find((one) => one.kind === 'broker' && one.name === name)
  const blocked = known?.state === 'blocked'
  const atMs = ports.clock.now().getTime()
  if (blocked) return { kind: 'broker', name, atMs, state: 'blocked', code: 'broker-blocked' }
  return { kind: 'broker', name, atMs, state: failure === null ? 'connected' : 'disconnected', code: failure }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof RedriveError) return error.code
  return error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name) ? 'query-timeout' : 'internal'
}

function ageSec(at: string | null, now: Date): number | null {
  return at === null ? null : Math.max(0, Math.round((now.getTime() - Date.parse(at)) / SECOND_MS))
}

/** In the order of `items`. */
async function atMost<T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length)
  const left = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
