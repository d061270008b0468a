import type { PublishOutcome } from '../../domain/outcome.ts'
import { PUBLISH_WINDOW_MAX } from '../../ports/broker.ts'
import type { ClaimedItem, Interruption, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import type { Answered } from './settle-outcomes.ts'
import { markOutcomes, neverSent, recordOutcomes } from './settle-outcomes.ts'

/** How long the first answer waits for company before it is written down. */
const GATHER_MS = 25
/** Answers that never came, in one run, before it stops: a broker that confirms nothing needs a person. */
const CONFIRM_TIMEOUTS_MAX = 20

/** Takes the answers of the broker as they come, writes them down in groups and marks the rows. */
export interface Settler {
  /** Waits until another message may be under way. */
  room(): Promise<void>
  add(item: ClaimedItem, answer: Promise<PublishOutcome>): void
  /** Set as soon as the run should stop publishing. */
  interruption(): Interruption | null
  /** Waits for every answer, settles all. */
  finish(): Promise<void>
}

export function startSettler(run: JobRun): Settler {
  const { batch, clock } = run.ports
  let answered: Answered[] = []
  let underWay = 0
  let finishing = false
  let timeouts = 0
  let interruption: Interruption | null = null
  let sourceFailed = false
  let bell = Promise.withResolvers<void>()
  const ring = (): void => {
    bell.resolve()
    bell = Promise.withResolvers<void>()
  }

  const note = (outcome: PublishOutcome): void => {
    if (outcome.outcome === 'confirmed' || outcome.outcome === 'returned') return
    if (outcome.code === 'confirm-timeout') timeouts += 1
    const gone = outcome.code === 'channel-closed' || neverSent(outcome)
    if (gone || timeouts >= CONFIRM_TIMEOUTS_MAX) {
      interruption ??= { code: outcome.code, reason: outcome.reason }
    }
  }
  const gather = async (): Promise<void> => {
    const enough = new AbortController()
    const timer = clock.sleep(GATHER_MS, enough.signal).catch(() => undefined)
    let waiting = true
    void timer.then(() => (waiting = false))
    while (waiting && answered.length < batch && underWay > 0) await Promise.race([timer, bell.promise])
    enough.abort()
  }
  const settle = async (group: readonly Answered[]): Promise<void> => {
    // Outcomes are written down even where the source is gone: the rows are marked when the job goes on.
    await recordOutcomes(run, group)
    if (sourceFailed) return
    try {
      await markOutcomes(run, group)
    } catch (error) {
      sourceFailed = true
      interruption ??= interruptionOf(error)
    }
  }
  const loop = async (): Promise<void> => {
    for (;;) {
      while (answered.length === 0) {
        if (finishing && underWay === 0) return
        await bell.promise
      }
      await gather()
      const group = answered
      answered = []
      ring()
      await settle(group)
    }
  }
  const done = loop().catch((error: unknown) => {
    // The store cannot be written: what is under way stays as it is on disk, and is unknown after the next start.
    interruption ??= interruptionOf(error)
    throw error
  })
  done.catch(ring)

  return {
    async room() {
      while (underWay + answered.length >= PUBLISH_WINDOW_MAX * 2 && !interruption) await bell.promise
    },
    add(item, answer) {
      underWay += 1
      const answeredWith = (outcome: PublishOutcome): void => {
        underWay -= 1
        note(outcome)
        answered.push({ item, outcome })
        if (answered.length === 1 || answered.length >= batch || underWay === 0) ring()
      }
      answer.then(answeredWith, (error: unknown) =>
        answeredWith({ outcome: 'unknown', code: 'broker-failed', reason: interruptionOf(error).reason }),
      )
    },
    interruption: () => interruption,
    async finish() {
      finishing = true
      ring()
      await done
    },
  }
}
