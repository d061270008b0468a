import { isOfStore } from '../../domain/errors.ts'
import { PUBLISH_WINDOW_MAX } from '../../ports/broker.ts'
import { neverSent } from './answers.ts'
import type { Answer } from './answers.ts'
import { createBell } from './bell.ts'
import type { Brake } from './brake.ts'
import { release, releaseParked, withdrawnStep } from './claim.ts'
import type { ClaimedItem, HeldItem, Interruption, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import { record } from './recording.ts'
import type { Step } from './recording.ts'
import type { Answered } from './settle-outcomes.ts'
import { markOutcomes, outcomesStep } from './settle-outcomes.ts'

/** How long the first answer waits for company before it is written down. */
const GATHER_MS = 50
/** Answers that never came, in one run, before it stops: a broker that confirms nothing needs a person. */
const CONFIRM_TIMEOUTS_MAX = 20
/** Outcomes that are written down and whose rows are not marked yet; beyond it nothing more is published. */
const UNMARKED_MAX = 5_000
/**
 * Messages without an answer while a brake watches: it sees a failure when the broker has answered, and what is on its way
 * by then still goes out.
 */
const BRAKED_WINDOW_MAX = 1_000
/** Rows of one mark. */
const MARK_MAX = 1_000

/** Items that were handed on and not published: their claims have to be given back. */
interface Unpublished {
  readonly unsent: readonly HeldItem[]
  readonly parked: readonly { readonly item: HeldItem; readonly reason: string }[]
}

/**
 * Takes the answers of the broker as they come.
 *
 *   answered ──▶ written down in groups ──▶ rows marked in bulk ──▶ end written down, with the next group
 *
 * Writing down and marking are two loops, so that a slow source does not keep outcomes in memory, where a crash would
 * make them unknown.
 */
export class Settler {
  readonly #run: JobRun
  readonly #brake: Brake
  readonly #windowMax: number
  readonly #bell = createBell()
  readonly #done: Promise<unknown>
  #answered: Answered<Answer>[] = []
  #unmarked: Answered[] = []
  #unpublished: Unpublished[] = []
  /** Rows that are marked and whose items still have to be ended. */
  #ended: Step[] = []
  #underWay = 0
  #finishing = false
  #recorded = false
  #timeouts = 0
  #count = 0
  #confirmed = 0
  #interruption: Interruption | null = null

  constructor(run: JobRun, brake: Brake) {
    this.#run = run
    this.#brake = brake
    this.#windowMax = run.job.options.brake === null ? PUBLISH_WINDOW_MAX : BRAKED_WINDOW_MAX
    this.#done = Promise.all([this.#guard(this.#recordAll()), this.#guard(this.#markAll())])
    // Whoever finishes hears of it; until then it must not count as unhandled.
    this.#done.catch(() => undefined)
  }

  /** Set as soon as the run should stop publishing. */
  get interruption(): Interruption | null {
    return this.#interruption
  }

  /** What the broker has answered so far in this run. */
  get answers(): { readonly count: number; readonly confirmed: number } {
    return { count: this.#count, confirmed: this.#confirmed }
  }

  /** Another message may be under way. */
  get hasRoom(): boolean {
    return !this.#isFull()
  }

  /** Waits until every message that is under way has its answer. */
  async quiet(): Promise<void> {
    while (this.#underWay > 0) await this.#bell.rung()
  }

  /** Waits until another message may be under way. */
  async room(): Promise<void> {
    while (this.#isFull() && !this.#interruption) await this.#bell.rung()
  }

  /** One more is under way; what it gives back is to be called with its answer. */
  add({ seq, id, stateBefore, attempts }: ClaimedItem): (answer: Answer) => void {
    // Without the content: what waits to be marked may be many.
    const item = { seq, id, stateBefore, attempts }
    this.#underWay += 1
    let isOpen = true
    return (outcome) => {
      // The first answer counts.
      if (isOpen) this.#take({ item, outcome })
      isOpen = false
    }
  }

  /** Waits for every answer, settles all. Throws where the store failed. */
  async finish(): Promise<void> {
    this.#finishing = true
    this.#bell.ring()
    await this.#done
    await this.#writeDown([])
  }

  #isFull(): boolean {
    return this.#underWay >= this.#windowMax || this.#unmarked.length >= UNMARKED_MAX
  }

  #take(answered: Answered<Answer>): void {
    const wasFull = this.#isFull()
    this.#underWay -= 1
    this.#answered.push(answered)
    this.#note(answered.outcome)
    const count = this.#answered.length
    if (wasFull || count === 1 || count >= this.#run.ports.batch || this.#underWay === 0) this.#bell.ring()
  }

  #note(answer: Answer): void {
    const { outcome } = answer
    if (outcome === 'parked') return
    const unsent = neverSent(answer)
    if (!unsent) {
      this.#brake.note(answer)
      this.#count += 1
      if (outcome === 'confirmed') this.#confirmed += 1
    }
    if (outcome === 'confirmed' || outcome === 'returned' || answer.code === 'cancelled') return
    if (answer.code === 'confirm-timeout') this.#timeouts += 1
    const gone = answer.code === 'channel-closed' || unsent
    if (gone || this.#timeouts >= CONFIRM_TIMEOUTS_MAX) {
      this.#interruption ??= { code: answer.code, reason: answer.reason, passing: gone }
    }
  }

  async #recordAll(): Promise<void> {
    try {
      for (;;) {
        while (this.#answered.length === 0) {
          if (this.#finishing && this.#underWay === 0) return
          await this.#bell.rung()
        }
        await this.#gather()
        const group = this.#answered
        this.#answered = []
        const { sent, unsent, parked } = sorted(group)
        const withdrawn = withdrawnStep([...unsent, ...parked.map(({ item }) => item)])
        await this.#writeDown([outcomesStep(sent), withdrawn])
        this.#run.status.answered(sent.length)
        this.#unmarked.push(...sent)
        if (unsent.length + parked.length > 0) this.#unpublished.push({ unsent, parked })
        this.#bell.ring()
      }
    } finally {
      this.#recorded = true
      this.#bell.ring()
    }
  }

  async #markAll(): Promise<void> {
    for (;;) {
      while (this.#unmarked.length === 0 && this.#unpublished.length === 0) {
        if (this.#recorded) return
        await this.#bell.rung()
      }
      for (const { unsent, parked } of this.#unpublished.splice(0)) {
        await release(this.#run, unsent)
        await releaseParked(this.#run, parked)
      }
      const group = this.#unmarked.splice(0, MARK_MAX)
      const step = await markOutcomes(this.#run, group)
      // Not before the wait: the list is another one after each writing down.
      this.#ended.push(step)
      this.#bell.ring()
      // While answers keep coming, the end of these is written with the outcomes of the next.
      if (this.#answered.length === 0 && this.#underWay === 0) await this.#writeDown([])
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
      await Promise.race([moment, this.#bell.rung()])
    }
    enough.abort()
  }

  #writeDown(steps: readonly Step[]): Promise<void> {
    const ended = this.#ended
    this.#ended = []
    return record(this.#run, [...ended, ...steps])
  }

  /**
   * The source failed: outcomes go on being written down, their rows are marked when the job goes on. The store failed:
   * what is under way stays as it is on disk, and is unknown after the next start.
   */
  #guard(loop: Promise<void>): Promise<void> {
    return loop.catch((error: unknown) => {
      const interruption = interruptionOf(error)
      this.#interruption ??= interruption
      this.#bell.ring()
      if (isOfStore(interruption.code) || interruption.code === 'job-busy') throw error
    })
  }
}

function sorted(group: readonly Answered<Answer>[]) {
  const sent: Answered[] = []
  const unsent: HeldItem[] = []
  const parked: { readonly item: HeldItem; readonly reason: string }[] = []
  for (const answered of group) {
    const { item, outcome } = answered
    if (outcome.outcome === 'parked') parked.push({ item, reason: outcome.reason })
    else if (neverSent(outcome)) unsent.push(item)
    else sent.push(answered as Answered)
  }
  return { sent, unsent, parked }
}
