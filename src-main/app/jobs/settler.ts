import type { PublishOutcome } from '../../domain/outcome.ts'
import { PUBLISH_WINDOW_MAX } from '../../ports/broker.ts'
import type { ClaimedItem, Interruption, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import { release } from './claim.ts'
import { record } from './recording.ts'
import type { Step } from './recording.ts'
import type { Answered } from './settle-outcomes.ts'
import { markOutcomes, neverSent, outcomesStep } from './settle-outcomes.ts'

/** How long the first answer waits for company before it is written down. */
const GATHER_MS = 25
/** Answers that never came, in one run, before it stops: a broker that confirms nothing needs a person. */
const CONFIRM_TIMEOUTS_MAX = 20
/** Messages answered and not yet written down, beside those under way; bounds memory and what a crash leaves unknown. */
const ANSWERED_MAX = PUBLISH_WINDOW_MAX

/** Takes the answers of the broker as they come, writes them down in groups and marks the rows. */
export class Settler {
  readonly #run: JobRun
  readonly #done: Promise<void>
  #answered: Answered[] = []
  #underWay = 0
  #finishing = false
  #timeouts = 0
  #sourceFailed = false
  /** Rows that are marked and whose items still have to be ended. */
  #ended: Step | null = null
  #interruption: Interruption | null = null
  #bell = Promise.withResolvers<void>()

  constructor(run: JobRun) {
    this.#run = run
    this.#done = this.#settleAll().catch((error: unknown) => {
      // The store cannot be written: what is under way stays as it is on disk, and is unknown after the next start.
      this.#interruption ??= interruptionOf(error)
      this.#ring()
      throw error
    })
    // Whoever finishes hears of it; until then it must not count as unhandled.
    this.#done.catch(() => undefined)
  }

  /** Set as soon as the run should stop publishing. */
  get interruption(): Interruption | null {
    return this.#interruption
  }

  /** Waits until another message may be under way. */
  async room(): Promise<void> {
    while (this.#isFull() && !this.#interruption) await this.#bell.promise
  }

  add(item: ClaimedItem, answer: Promise<PublishOutcome>): void {
    this.#underWay += 1
    answer.then(
      (outcome) => this.#take(item, outcome),
      (error: unknown) =>
        this.#take(item, { outcome: 'unknown', code: 'broker-failed', reason: interruptionOf(error).reason }),
    )
  }

  /** Waits for every answer, settles all. Throws where the store failed. */
  async finish(): Promise<void> {
    this.#finishing = true
    this.#ring()
    await this.#done
  }

  #isFull(): boolean {
    return this.#underWay >= PUBLISH_WINDOW_MAX || this.#answered.length >= ANSWERED_MAX
  }

  #ring(): void {
    this.#bell.resolve()
    this.#bell = Promise.withResolvers<void>()
  }

  #take(item: ClaimedItem, outcome: PublishOutcome): void {
    const wasFull = this.#underWay >= PUBLISH_WINDOW_MAX
    this.#underWay -= 1
    this.#answered.push({ item, outcome })
    this.#note(outcome)
    const count = this.#answered.length
    if (wasFull || count === 1 || count >= this.#run.ports.batch || this.#underWay === 0) this.#ring()
  }

  #note(outcome: PublishOutcome): void {
    if (outcome.outcome === 'confirmed' || outcome.outcome === 'returned') return
    if (outcome.code === 'confirm-timeout') this.#timeouts += 1
    const gone = outcome.code === 'channel-closed' || neverSent(outcome)
    if (gone || this.#timeouts >= CONFIRM_TIMEOUTS_MAX) {
      this.#interruption ??= { code: outcome.code, reason: outcome.reason }
    }
  }

  async #settleAll(): Promise<void> {
    for (;;) {
      while (this.#answered.length === 0) {
        if (this.#finishing && this.#underWay === 0) return
        await this.#bell.promise
      }
      await this.#gather()
      const group = this.#answered
      this.#answered = []
      this.#ring()
      await this.#settle(group)
    }
  }

  /** Waits for a full group, for the last answer, or for a moment. */
  async #gather(): Promise<void> {
    const { batch, clock } = this.#run.ports
    const enough = new AbortController()
    let waiting = true
    const moment = clock.sleep(GATHER_MS, enough.signal).catch(() => undefined)
    void moment.then(() => (waiting = false))
    while (waiting && this.#answered.length < batch && this.#underWay > 0) {
      await Promise.race([moment, this.#bell.promise])
    }
    enough.abort()
  }

  async #settle(group: readonly Answered[]): Promise<void> {
    const sent = group.filter(({ outcome }) => !neverSent(outcome))
    const unsent = group.filter(({ outcome }) => neverSent(outcome))
    // Outcomes are written down even where the source is gone: the rows are marked when the job goes on.
    await this.#record(outcomesStep(sent))
    if (this.#sourceFailed) return
    try {
      const items = unsent.map(({ item }) => item)
      await release(this.#run, items, 'publishing')
      this.#ended = await markOutcomes(this.#run, sent)
    } catch (error) {
      this.#sourceFailed = true
      this.#interruption ??= interruptionOf(error)
    }
    // While answers keep coming, the end of these is written with the outcomes of the next.
    if (this.#answered.length === 0) await this.#record()
  }

  async #record(...steps: readonly Step[]): Promise<void> {
    const ended = this.#ended
    this.#ended = null
    await record(this.#run, ended ? [ended, ...steps] : steps)
  }
}
