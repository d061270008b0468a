import { seeded } from '../../src-main/sandbox/random.ts'
import type { Random } from '../../src-main/sandbox/random.ts'
import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import type { Environment } from '../../src-main/domain/workspace.ts'

/** Chances of what goes wrong with one statement. */
export interface SourceFaults {
  /** The connection breaks before it took effect; the client cannot tell. */
  readonly lostBefore: number
  /** It took effect, the answer is lost. */
  readonly lostAfter: number
  /** The client has lost the connection, and some seconds later it takes effect all the same. */
  readonly late: number
  /** It was never sent. */
  readonly unreachable: number
  readonly timeout: number
  readonly slow: number
}

/** Chances of what goes wrong with one message on its way. */
export interface BrokerFaults {
  readonly nack: number
  readonly lostBefore: number
  readonly lostAfter: number
  readonly cutBefore: number
  readonly cutAfter: number
  readonly twice: number
  readonly slow: number
}

/** What one seed plays. Each kind of trouble is there in some seeds only, so that each is also seen without the others. */
export interface Scenario {
  readonly seed: number
  readonly rows: number
  readonly batch: number
  readonly environment: Environment
  readonly consoles: readonly string[]
  readonly source: SourceFaults
  readonly broker: BrokerFaults
  /** Milliseconds between two restarts of the broker, and two alarms, on average; null: none. */
  readonly brokerRestartMs: number | null
  readonly brokerBlockMs: number | null
  /** Steps of an engine until it is killed, on average; null: never. */
  readonly crashSteps: number | null
  readonly relay: { readonly dies: number; readonly retakes: boolean } | null
  readonly clockJumpMs: number | null
  /** Milliseconds between two changes that the service makes to rows by itself, on average; null: none. */
  readonly meddleMs: number | null
  /** How often an operator decides on an unknown outcome by guess instead of by looking. */
  readonly guesses: number
  /** Milliseconds that a run waits for a source or broker that is away. */
  readonly awayMsMax: number
  /** Whether operators run it, once or on schedule; its policy is there in any case. */
  readonly sweeps: boolean
  readonly sweep: SweepPolicy
}

/** Limits of the source that every seed plays on. */
export const ATTEMPTS_MAX = 3
export const STUCK_AFTER_SEC = 60

const LEVELS = [0.01, 0.03, 0.1, 0.3] as const

export function scenarioOf(seed: number): Scenario {
  const random = seeded(seed)
  const level = (share: number): number => (random.chance(share) ? random.pick(LEVELS) : 0)
  const every = <T>(share: number, value: () => T): T | null => (random.chance(share) ? value() : null)
  return {
    seed,
    rows: random.chance(0.1) ? random.int(20, 60) : random.int(1, 14),
    batch: random.pick([1, 2, 3, 5, 8, 25]),
    environment: random.pick(['development', 'production']),
    consoles: random.chance(0.3) ? ['ann', 'bob'] : ['ann'],
    source: {
      lostBefore: level(0.3),
      lostAfter: level(0.4),
      late: level(0.15),
      unreachable: level(0.2),
      timeout: level(0.2),
      slow: level(0.2),
    },
    broker: {
      nack: level(0.3),
      lostBefore: level(0.3),
      lostAfter: level(0.4),
      cutBefore: level(0.2),
      cutAfter: level(0.2),
      twice: level(0.2),
      slow: level(0.2),
    },
    brokerRestartMs: every(0.25, () => random.int(200, 8_000)),
    brokerBlockMs: every(0.15, () => random.int(500, 10_000)),
    crashSteps: every(0.6, () => random.pick([25, 60, 150])),
    relay: every(0.4, () => ({ dies: level(0.5), retakes: random.chance(0.3) })),
    clockJumpMs: every(0.2, () => random.int(500, 10_000)),
    meddleMs: every(0.3, () => random.int(200, 3_000)),
    guesses: random.pick([0, 0.2, 0.5]),
    awayMsMax: random.pick([0, 5_000, 60_000]),
    sweeps: random.chance(0.5),
    sweep: sweepOf(random),
  }
}

function sweepOf(random: Random): SweepPolicy {
  return {
    enabled: true,
    everySec: random.pick([5, 20]),
    batch: random.pick([1, 3, 10]),
    rate: random.pick([null, null, 50]),
    attemptsMax: ATTEMPTS_MAX,
    stuckAfterSec: STUCK_AFTER_SEC,
    backoff: { firstSec: random.pick([1, 10]), factor: 2, capSec: 30, jitter: random.pick([0, 0.5]) },
    order: random.chance(0.8) ? 'chain' : 'none',
    resendUnknown: false,
  }
}

/** What can go wrong under this seed, for a person. */
export function faultsOf(scenario: Scenario): string[] {
  const chances = (group: string, faults: object): string[] =>
    Object.entries(faults as Record<string, number>).flatMap(([name, chance]) =>
      chance > 0 ? [`${group}.${name} ${chance}`] : [],
    )
  const { rows, batch, consoles, crashSteps, relay, guesses } = scenario
  const often = (name: string, ms: number | null): string[] => (ms === null ? [] : [`${name} every ${ms} ms`])
  return [
    `${rows} rows in batches of ${batch}`,
    `consoles ${consoles.join(' and ')}`,
    ...chances('source', scenario.source),
    ...chances('broker', scenario.broker),
    ...often('broker restart', scenario.brokerRestartMs),
    ...often('broker alarm', scenario.brokerBlockMs),
    ...(crashSteps === null ? [] : [`crash about every ${crashSteps} steps`]),
    ...(relay ? [`relay${relay.retakes ? ' that retakes' : ''}, dies ${relay.dies}`] : []),
    ...often('clock jump', scenario.clockJumpMs),
    ...often('change by the service', scenario.meddleMs),
    ...(guesses > 0 ? [`guesses ${guesses}`] : []),
    `patience ${scenario.awayMsMax} ms`,
    ...(scenario.sweeps ? [sweepOfText(scenario.sweep)] : []),
  ]
}

function sweepOfText({ everySec, batch, order, backoff }: SweepPolicy): string {
  return `sweeps of ${batch} rows every ${everySec} s, order ${order}, first retry after ${backoff.firstSec} s`
}

/** A stream of its own for each actor, so that one actor's draws do not shift another's. */
export function stream(seed: number, actor: string): Random {
  let mixed = seed >>> 0
  for (const letter of actor) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0
  return seeded(mixed)
}

/** Milliseconds until something that happens every `meanMs` on average happens next. */
export function untilNext(random: Random, meanMs: number): number {
  return -Math.log(1 - random.next()) * meanMs
}
