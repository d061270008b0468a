import type { ItemMove, ItemResult, JobState, Settlement } from '../../src-main/domain/job.ts'
import type { Outcome, QueueMessage } from '../../src-main/domain/outcome.ts'
import { contentDigest } from '../../src-main/domain/plan.ts'
import type { PlanItem } from '../../src-main/domain/plan.ts'
import type { NewJob } from '../../src-main/ports/job-store.ts'
import type { MarkRequest } from '../../src-main/ports/outbox.ts'
import type { NewSweepRun } from '../../src-main/ports/sweep-store.ts'
import type { Property, Violation } from './properties.ts'
import { addItem, judgeSend, mayWait, newItem, newRun, noteAnswer, said } from './run-facts.ts'
import type { ItemFacts, JobFacts } from './run-facts.ts'
import { ATTEMPTS_MAX } from './scenario.ts'
import type { RowWrite } from './sim-table.ts'
import { claimIn, holdsItsRow, isUnheard, SweepFacts } from './sweep-facts.ts'
import type { Trace } from './trace.ts'

/** What the facts need of the rest of the world. */
export interface FactsOptions {
  readonly trace: Trace
  /** Events that have happened so far. */
  readonly events: () => number
  /** Rows of the same chain before this one that nothing has ended yet. */
  readonly unfinishedBefore: (row: string) => readonly string[]
  /** Whether sweeps have to keep the order of chains from one run to the next. */
  readonly sweepsInOrder: boolean
}

/**
 * The truth that the engine cannot see, and the properties that can be judged at the very moment. It listens below
 * everything that a planted bug may wrap: at the store's commits, the wire, the rows.
 */
export class Facts {
  readonly violations: Violation[] = []
  readonly items: ItemFacts[] = []
  /** Who brought each copy that the broker stored, by message id. */
  readonly copies = new Map<string, string[]>()
  /** Rows whose last write was a claim, with the console that made it. */
  readonly claimed = new Map<string, string>()
  readonly #jobs = new Map<string, JobFacts>()
  readonly #plans = new Map<string, readonly PlanItem[]>()
  readonly #sweeps = new SweepFacts()
  readonly #unlockedUntilMs = new Map<string, number>()
  readonly #options: FactsOptions

  constructor(options: FactsOptions) {
    this.#options = options
  }

  violate(property: Property, what: string): void {
    this.violations.push({ property, what })
    this.#options.trace.line('VIOLATION', `${property}: ${what}`)
  }

  itemOf(job: string, row: string): ItemFacts | undefined {
    return this.#jobs.get(job)?.byRow.get(row)
  }

  planItems(plan: string): readonly PlanItem[] {
    return this.#plans.get(plan) ?? []
  }

  // What is on disk.

  processStarted(console: string): void {
    this.#unlockedUntilMs.delete(console)
  }

  unlocked(console: string, untilMs: number): void {
    this.#unlockedUntilMs.set(console, untilMs)
  }

  locked(console: string): void {
    this.#unlockedUntilMs.delete(console)
  }

  planned(plan: string, items: readonly PlanItem[]): void {
    this.#plans.set(plan, items)
  }

  jobStarted(console: string, { job, kind, plan, options }: NewJob, nowMs: number): void {
    const maps = { items: new Map(), byRow: new Map(), byChain: new Map() }
    const begun: JobFacts = {
      ...{ console, job, kind, plan, options, ...maps },
      ...{ state: 'running', run: newRun(), returned: 0 },
    }
    this.#jobs.set(job, begun)
    for (const item of this.planItems(plan)) this.#add(begun, newItem(console, job, item))
    if (kind === 'resend') this.#requireUnlocked(console, nowMs, `job ${job} started`)
    else if (!this.#sweeps.known(job)) this.violate('intent first', `${job} is a job of no sweep`)
  }

  jobMoved(job: string, to: JobState): void {
    const moved = this.#jobs.get(job)
    if (moved) moved.state = to
  }

  /** A sweep goes on when the next one begins, which has been judged. */
  jobContinued(console: string, job: string, nowMs: number | null): void {
    const continued = this.#jobs.get(job)
    if (!continued) return
    continued.run = newRun()
    // Whoever continues has seen what came back before.
    continued.returned = 0
    if (nowMs !== null && continued.kind === 'resend')
      this.#requireUnlocked(console, nowMs, `job ${job} continued`)
  }

  sweepBegun(console: string, run: NewSweepRun, nowMs: number): void {
    if (!this.#sweeps.begun(console, run, this.#isUnlocked(console, nowMs)))
      this.violate('read-only until unlocked', `${run.run} by the ${run.trigger} of ${console}`)
  }

  sweepSwitched(console: string, { on, nowMs }: { on: boolean; nowMs: number }): void {
    this.#sweeps.switched(console, on)
    if (on) this.#requireUnlocked(console, nowMs, 'sweep switched on')
  }

  /** What a sweep has claimed is written down. */
  itemsAdded(job: string, items: readonly PlanItem[]): void {
    const sweep = this.#jobs.get(job)
    if (!sweep) return
    for (const plan of items) {
      const attempts = this.#sweeps.takeClaim(job, plan.id)
      const item = newItem(sweep.console, job, plan)
      if (attempts !== plan.attempts)
        this.violate(
          'an attempt is counted before its publish',
          `row ${plan.id} is an item at attempt ${plan.attempts}, its claim counted ${attempts ?? 'nothing'}`,
        )
      Object.assign(item, { state: 'claiming', claims: 1, attempts: plan.attempts })
      this.#add(sweep, item)
    }
  }

  moved(job: string, moves: readonly ItemMove[]): void {
    const moving = this.#jobs.get(job)
    for (const move of moves) {
      const item = moving?.items.get(move.seq)
      if (!moving || !item) continue
      item.state = move.to
      if (move.to === 'planned') item.result = null
      if (move.result) this.#judgeResult(moving, item, move.result)
    }
  }

  settling(
    console: string,
    decision: { job: string; rows: readonly string[]; as: Settlement; nowMs: number },
  ): void {
    this.#requireUnlocked(console, decision.nowMs, `job ${decision.job} settled`)
    for (const row of decision.rows) {
      const item = this.itemOf(decision.job, row)
      if (!item) continue
      item.settling = decision.as
      item.saidSent ||= decision.as === 'sent'
    }
  }

  // What leaves for the source.

  claimSent(job: string, rows: readonly string[]): void {
    for (const row of rows) {
      const item = this.itemOf(job, row)
      if (item?.state !== 'claiming')
        this.violate('intent first', `row ${row} claimed, ${said(item)} on disk`)
    }
  }

  claimDueSent(run: string): void {
    if (!this.#sweeps.known(run)) this.violate('intent first', `${run} claims, and is no sweep on disk`)
  }

  /** Rows of a sweep that are no items were never published: giving them back needs no more. */
  markSent(job: string, requests: readonly MarkRequest[]): void {
    for (const request of requests) {
      const item = this.itemOf(job, request.id)
      if (item && !(this.#sweeps.known(job) && isUnheard(item, request))) this.#judgeMark(item, request.as)
      else if (request.as !== 'release' || !this.#sweeps.known(job))
        this.violate('nothing unexpected appears', `row ${request.id} marked for no job`)
    }
  }

  /** A write that took effect. */
  wrote(write: RowWrite): void {
    const { by, action, before, after } = write
    this.#options.trace.line(by, `${action} row ${after.id} is now ${after.columns['status'] ?? '-'}`)
    const claim = action === 'claim' ? claimIn(after) : null
    if (claim) this.claimed.set(after.id, claim.job)
    else this.claimed.delete(after.id)
    if (claim?.bySweep !== true) this.#noteLostClaims(write)
    if (claim?.bySweep) this.#sweeps.claimed(claim.job, after)
    else if (claim) this.#noteClaim(claim.job, write)
    if (action === 'expire' && (Number(after.columns['attempts']) < ATTEMPTS_MAX || claimIn(before)))
      this.violate('attempts end at the limit', `row ${after.id} made failed too early`)
    if (action !== 'confirm') return
    const message = String(after.columns['message_id'])
    const trusted = this.items.some(({ saidSent, plan }) => saidSent && plan.id === after.id)
    if (!this.copies.has(message) && !trusted) {
      this.violate('nothing acknowledged is lost', `row ${after.id} called sent, and the broker has no copy`)
    }
  }

  // What leaves for the broker.

  sent(console: string, message: QueueMessage): void {
    const { messageId, redriveHeaders } = message
    const found = this.#itemOfMessage(message)
    this.#options.trace.line(console, `sends ${messageId} for ${redriveHeaders['x-redrive-job'] ?? '-'}`)
    if (!found) return this.violate('nothing unexpected appears', `${messageId} sent, and is in no plan`)
    const { job, item } = found
    if (item.state !== 'publishing') this.violate('intent first', `${messageId} sent, ${said(item)} on disk`)
    this.#judgeContent(item, message)
    this.#judgeAttempt(item, Number(redriveHeaders['x-redrive-attempt']))
    for (const { property, what } of judgeSend(job, item, this.#options.events()))
      this.violate(property, what)
    if (job.kind === 'sweep') this.#judgeSweptSend(job, item)
    item.sent += 1
    item.sentSinceClaim += 1
  }

  /** An answer reaches the console. What was never sent is no answer of the broker. */
  answered(message: QueueMessage, outcome: Outcome): void {
    const found = this.#itemOfMessage(message)
    if (found && found.item.sentSinceClaim > 0)
      noteAnswer(found.job, found.item, outcome, this.#options.events())
  }

  stored(by: string, message: QueueMessage): void {
    const { messageId } = message
    this.#options.trace.line('broker', `stores ${messageId} from ${by}`)
    this.copies.set(messageId, [...(this.copies.get(messageId) ?? []), by])
    const item = this.#itemOfMessage(message)?.item
    if (item) item.stored += 1
  }

  #add(job: JobFacts, item: ItemFacts): void {
    this.items.push(item)
    addItem(job, item)
  }

  #itemOfMessage({ messageId, redriveHeaders }: QueueMessage) {
    const job = this.#jobs.get(String(redriveHeaders['x-redrive-job']))
    const item = [...(job?.byRow.values() ?? [])].find(({ plan }) => plan.messageId === messageId)
    return job && item ? { job, item } : undefined
  }

  #noteClaim(job: string, { after }: RowWrite): void {
    const item = this.itemOf(job, after.id)
    if (!item) return
    item.claims += 1
    item.attempts = Number(after.columns['attempts'])
    item.sentSinceClaim = 0
    item.lostClaim = false
  }

  #noteLostClaims({ before, after }: RowWrite): void {
    if (before.columns['last_error'] === after.columns['last_error']) return
    for (const item of this.items) if (item.plan.id === after.id) item.lostClaim = true
  }

  #isUnlocked(console: string, nowMs: number): boolean {
    return (this.#unlockedUntilMs.get(console) ?? -Infinity) > nowMs
  }

  #requireUnlocked(console: string, nowMs: number, what: string): void {
    if (!this.#isUnlocked(console, nowMs))
      this.violate('read-only until unlocked', `${what} by ${console} on a locked source`)
  }

  #judgeResult(job: JobFacts, item: ItemFacts, result: ItemResult): void {
    const { messageId } = item.plan
    if (item.result === 'unknown' && result !== 'unknown')
      this.violate('unknown stays unknown until somebody decides', `${messageId} became ${result}`)
    item.result = result
    item.wasUnknown ||= result === 'unknown'
    if (result === 'confirmed' && item.stored === 0)
      this.violate(
        'nothing acknowledged is lost',
        `${messageId} written down as confirmed, the broker has no copy`,
      )
    const unsent = result === 'skipped' || result === 'parked'
    if ((result === 'returned' || result === 'refused') && item.stored > 0)
      this.violate(
        'nothing unexpected appears',
        `${messageId} written down as ${result}, the broker has a copy`,
      )
    if (unsent && item.sent > 0)
      this.violate('nothing unexpected appears', `${messageId} written down as ${result}, and was sent`)
    if (result === 'parked' && !mayWait(job, item))
      this.violate('only what has to wait is parked', `${messageId} of ${job.job} waits for nothing`)
  }

  #judgeMark(item: ItemFacts, as: MarkRequest['as']): void {
    const { messageId } = item.plan
    if (as === 'release') {
      if (item.state !== 'claiming' && item.state !== 'publishing')
        this.violate('intent first', `${messageId} given back, ${said(item)} on disk`)
      if (item.sentSinceClaim > 0)
        this.violate('only what never went out is given back', `${messageId} given back after it was sent`)
      return
    }
    const decided = item.settling === (as === 'confirm' ? 'sent' : 'not-sent')
    if (item.result === 'unknown') {
      if (!decided)
        this.violate('unknown stays unknown until somebody decides', `${messageId} marked "${as}"`)
      return
    }
    const outcomes = as === 'confirm' ? ['confirmed'] : ['returned', 'refused']
    if (item.state !== 'settling' || !outcomes.includes(item.result ?? ''))
      this.violate('intent first', `${messageId} marked "${as}", ${said(item)} on disk`)
    if (as === 'confirm') return
    const bySweep = this.#jobs.get(item.job)?.kind === 'sweep'
    const mustBe = bySweep && item.attempts < ATTEMPTS_MAX ? 'retry' : 'fail'
    if (as !== mustBe)
      this.violate('attempts end at the limit', `${messageId} marked "${as}" at attempt ${item.attempts}`)
  }

  #judgeContent(item: ItemFacts, { messageId, payload, headers, destination }: QueueMessage): void {
    const { payloadDigest, destination: planned } = item.plan
    const same = destination.exchange === planned.exchange && destination.routingKey === planned.routingKey
    const text = item.plan.payload
    const asPlanned = text === null ? contentDigest({ payload, headers }) === payloadDigest : text === payload
    if (!asPlanned || !same)
      this.violate('nothing unexpected appears', `${messageId} sent, and it is not what the plan shows`)
  }

  #judgeAttempt(item: ItemFacts, attempt: number): void {
    const { messageId } = item.plan
    const property = 'an attempt is counted before its publish'
    if (item.claims === 0) this.violate(property, `${messageId} sent without a claim`)
    else if (item.sentSinceClaim > 0) this.violate(property, `${messageId} sent twice for one claim`)
    else if (attempt < item.attempts)
      this.violate(property, `${messageId} says attempt ${attempt}, the row ${item.attempts}`)
  }

  #judgeSweptSend({ job }: JobFacts, item: ItemFacts): void {
    const { messageId, id, chainKey } = item.plan
    if (item.attempts > ATTEMPTS_MAX)
      this.violate('attempts end at the limit', `${messageId} sent by a sweep at attempt ${item.attempts}`)
    const other = this.items.find((one) => one !== item && one.plan.id === id && holdsItsRow(one))
    if (other) this.violate('a sweep takes what nobody holds', `${messageId} sent, ${other.job} holds it`)
    if (chainKey === null || !this.#options.sweepsInOrder) return
    const before = this.#options
      .unfinishedBefore(id)
      .find((row) => this.itemOf(job, row)?.answer !== 'confirmed')
    if (before !== undefined)
      this.violate('a chain goes out in sequence', `${messageId} sent by a sweep, row ${before} is not`)
  }
}
