import { RedriveError } from '../../domain/errors.ts'
import type { Brake as BrakeLimits, Tally } from '../../domain/job.ts'
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
  pulled(): string | null
  /** Ends the look at the queue. */
  release(): void
}

/** `before` counts what earlier runs of the same job have had returned. */
export function createBrake(
  limits: BrakeLimits | null,
  { broker, clock, before }: { readonly broker: Broker; readonly clock: Clock; readonly before: Tally },
): Brake {
  const recent: boolean[] = []
  let failed = 0
  let returned = before.returned
  let reason: string | null = null

  function watchRatio(limit: number, ok: boolean): void {
    recent.push(ok)
    if (!ok) failed += 1
    if (recent.length > BRAKE_WINDOW && recent.shift() === false) failed -= 1
    if (recent.length < BRAKE_ANSWERS_MIN || failed / recent.length <= limit) return
    reason ??= `${failed} of the last ${recent.length} messages were not confirmed`
  }

  const stopLooking = new AbortController()
  const queue = limits?.queue ?? null
  if (queue !== null) {
    const look = async (): Promise<void> => {
      for (let failures = 0; reason === null;) {
        try {
          const depth = await broker.queueDepth(queue.name, stopLooking.signal)
          failures = 0
          if (depth === null) reason ??= `the queue ${queue.name} does not exist`
          else if (depth > queue.depthMax) reason ??= `the queue ${queue.name} holds ${depth} messages`
        } catch (error) {
          failures += 1
          const passing = error instanceof RedriveError && error.retry !== 'never'
          if (!passing || failures > LOOKS_FAILED_MAX) throw error
        }
        if (reason === null) await clock.sleep(LOOK_EVERY_MS, stopLooking.signal)
      }
    }
    look().catch((error: unknown) => {
      if (stopLooking.signal.aborted) return
      // A limit that cannot be watched is no limit.
      const why = error instanceof RedriveError ? error.code : String(error)
      reason ??= `the queue ${queue.name} cannot be looked at (${why})`
    })
  }

  return {
    note(answer) {
      if (limits === null) return
      if (answer.outcome === 'returned') returned += 1
      if (limits.returnedMax !== null && returned > limits.returnedMax)
        reason ??= `${returned} messages were returned as unroutable`
      if (limits.failureRatio !== null) watchRatio(limits.failureRatio, answer.outcome === 'confirmed')
    },
    pulled: () => reason,
    release: () => stopLooking.abort(),
  }
}
