import { RedriveError } from '../../domain/errors.ts'
import type { Brake as BrakeLimits, BrakePull, Tally } from '../../domain/job.ts'
import type { Broker } from '../../ports/broker.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Answer } from './answers.ts'

/** The failure ratio is that of the last so many answers, and speaks only when there are enough of them. */
export const BRAKE_WINDOW = 100
export const BRAKE_ANSWERS_MIN = 20
/** How often the queue is looked at. */
const LOOK_EVERY_MS = 1_000
/** Looks in a row that may fail for a passing reason: a broker that is away is the run's own matter, and it waits. */
const LOOKS_FAILED_MAX = 10

/** Watches a run and says when it has to stop. Messages that are under way by then are still settled. */
export interface Brake {
  note(answer: Answer): void
  /** Why the run has to stop; null: it may go on. */
  pulled(): Pull | null
  /** Ends the look at the queue. */
  release(): void
}

export interface Pull {
  readonly reason: string
  /** Null where a limit could not be watched. */
  readonly pulled: BrakePull | null
}

/** `before` counts what came back since a person started or continued the job. */
export function createBrake(
  limits: BrakeLimits | null,
  {
    broker,
    clock,
    before,
  }: { readonly broker: Broker; readonly clock: Clock; readonly before: Pick<Tally, 'returned'> },
): Brake {
  const recent: boolean[] = []
  let failed = 0
  let returned = before.returned
  let pull: Pull | null = null

  function watchRatio(limit: number, ok: boolean): void {
    recent.push(ok)
    if (!ok) failed += 1
    if (recent.length > BRAKE_WINDOW && recent.shift() === false) failed -= 1
    if (recent.length < BRAKE_ANSWERS_MIN || failed / recent.length <= limit) return
    const ratio = failed / recent.length
    pull ??= {
      reason: `${failed} of the last ${recent.length} messages were not confirmed`,
      pulled: { limit: 'failure-ratio', seen: ratio, allowed: limit, queue: null },
    }
  }

  const stopLooking = new AbortController()
  const queue = limits?.queue ?? null
  if (queue !== null) {
    const look = async (): Promise<void> => {
      for (let failures = 0; pull === null;) {
        try {
          const depth = await broker.queueDepth(queue.name, stopLooking.signal)
          failures = 0
          if (depth === null || depth > queue.depthMax) pull ??= queuePull(queue, depth)
        } catch (error) {
          failures += 1
          const passing = error instanceof RedriveError && error.retry !== 'never'
          if (!passing || failures > LOOKS_FAILED_MAX) throw error
        }
        if (pull === null) await clock.sleep(LOOK_EVERY_MS, stopLooking.signal)
      }
    }
    look().catch((error: unknown) => {
      if (stopLooking.signal.aborted) return
      // A limit that cannot be watched is no limit.
      const why = error instanceof RedriveError ? error.code : String(error)
      pull ??= { reason: `the queue ${queue.name} cannot be looked at (${why})`, pulled: null }
    })
  }

  return {
    note(answer) {
      if (limits === null) return
      if (answer.outcome === 'returned') returned += 1
      if (limits.returnedMax !== null && returned > limits.returnedMax)
        pull ??= {
          reason: `${returned} messages were returned as unroutable`,
          pulled: { limit: 'returned', seen: returned, allowed: limits.returnedMax, queue: null },
        }
      if (limits.failureRatio !== null) watchRatio(limits.failureRatio, answer.outcome === 'confirmed')
    },
    pulled: () => pull,
    release: () => stopLooking.abort(),
  }
}

function queuePull({ name, depthMax }: NonNullable<BrakeLimits['queue']>, depth: number | null): Pull {
  if (depth === null) return { reason: `the queue ${name} does not exist`, pulled: null }
  return {
    reason: `the queue ${name} holds ${depth} messages`,
    pulled: { limit: 'queue-depth', seen: depth, allowed: depthMax, queue: name },
  }
}
