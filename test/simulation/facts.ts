import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import type { ItemMove, ItemResult, ItemState, Settlement } from '../../src-main/domain/job.ts'
import type { OutgoingMessage } from '../../src-main/domain/outcome.ts'
import { contentDigest } from '../../src-main/domain/plan.ts'
import type { PlanItem } from '../../src-main/domain/plan.ts'
import type { MarkRequest } from '../../src-main/ports/outbox.ts'
import type { Property, Violation } from './properties.ts'
import type { RowWrite } from './sim-table.ts'
import type { Trace } from './trace.ts'

/** What is known of one item of one job from what was committed to disk, sent over the wire and written in the source. */
export interface ItemFacts {
  readonly console: string
  readonly job: string
  readonly plan: PlanItem
  state: ItemState
  result: ItemResult | null
  /** Claims that took effect, and the attempts that the row counted with the last one. */
  claims: number
  attempts: number
  /** Times that its bytes left, in all and since the last claim. */
  sent: number
  sentSinceClaim: number
  /** Times that the broker stored it. */
  stored: number
  /** The operator's decision as the journal has it, and whether it ever was "sent". */
  settling: Settlement | null
  saidSent: boolean
  wasUnknown: boolean
}

interface JobFacts {
  readonly job: string
  readonly items: ReadonlyMap<number, ItemFacts>
  readonly byRow: ReadonlyMap<string, ItemFacts>
  /** By chain: the last item that went out in this run. */
  lastSeqs: Map<string, number>
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
  readonly #jobs = new Map<string, JobFacts>()
  readonly #jobOfToken = new Map<string, string>()
  readonly #plans = new Map<string, readonly PlanItem[]>()
  readonly #unlockedUntilMs = new Map<string, number>()
  readonly #trace: Trace

  constructor(trace: Trace) {
    this.#trace = trace
  }

  violate(property: Property, what: string): void {
    this.violations.push({ property, what })
    this.#trace.line('VIOLATION', `${property}: ${what}`)
  }

  itemOf(job: string, row: string): ItemFacts | undefined {
    return this.#jobs.get(job)?.byRow.get(row)
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

  jobStarted(console: string, { job, plan, nowMs }: { job: string; plan: string; nowMs: number }): void {
    const items = (this.#plans.get(plan) ?? []).map((item): ItemFacts => ({
      ...{ console, job, plan: item, state: 'planned', result: null, claims: 0, attempts: 0 },
      ...{ sent: 0, sentSinceClaim: 0, stored: 0, settling: null, saidSent: false, wasUnknown: false },
    }))
    this.items.push(...items)
    this.#jobs.set(job, {
      job,
      items: new Map(items.map((item) => [item.plan.seq, item])),
      byRow: new Map(items.map((item) => [item.plan.id, item])),
      lastSeqs: new Map(),
    })
    this.#jobOfToken.set(claimTokenOf(job), job)
    this.#requireUnlocked(console, nowMs, `job ${job} started`)
  }

  jobContinued(console: string, job: string, nowMs: number | null): void {
    this.#jobs.get(job)?.lastSeqs.clear()
    if (nowMs !== null) this.#requireUnlocked(console, nowMs, `job ${job} continued`)
  }

  moved(job: string, moves: readonly ItemMove[]): void {
    for (const move of moves) {
      const item = this.#jobs.get(job)?.items.get(move.seq)
      if (!item) continue
      item.state = move.to
      if (move.to === 'planned') item.result = null
      if (move.result) this.#judgeResult(item, move.result)
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

  claimSent(token: string, rows: readonly string[]): void {
    for (const row of rows) {
      const item = this.#itemOfToken(token, row)
      if (item?.state !== 'claiming')
        this.violate('intent first', `row ${row} claimed, ${said(item)} on disk`)
    }
  }

  markSent(token: string, requests: readonly MarkRequest[]): void {
    for (const { id, as } of requests) {
      const item = this.#itemOfToken(token, id)
      if (item) this.#judgeMark(item, as)
      else this.violate('nothing unexpected appears', `row ${id} marked for no job`)
    }
  }

  /** A write that took effect. */
  wrote({ by, action, after }: RowWrite): void {
    this.#trace.line(by, `${action} row ${after.id} is now ${after.columns['status'] ?? '-'}`)
    const item = this.#itemOfToken(String(after.columns['last_error']), after.id)
    if (action === 'claim' && item) {
      item.claims += 1
      item.attempts = Number(after.columns['attempts'])
      item.sentSinceClaim = 0
    }
    if (action !== 'confirm') return
    const message = String(after.columns['message_id'])
    const trusted = this.items.some(({ saidSent, plan }) => saidSent && plan.id === after.id)
    if (!this.copies.has(message) && !trusted) {
      this.violate('nothing acknowledged is lost', `row ${after.id} called sent, and the broker has no copy`)
    }
  }

  // What leaves for the broker.

  sent(console: string, message: OutgoingMessage): void {
    const { messageId, redriveHeaders } = message
    const job = String(redriveHeaders['x-redrive-job'])
    const item = [...(this.#jobs.get(job)?.byRow.values() ?? [])].find(
      (one) => one.plan.messageId === messageId,
    )
    this.#trace.line(console, `sends ${messageId} for ${job}`)
    if (!item)
      return this.violate('nothing unexpected appears', `${messageId} sent, and is in no plan of ${job}`)
    if (item.state !== 'publishing') this.violate('intent first', `${messageId} sent, ${said(item)} on disk`)
    this.#judgeContent(item, message)
    this.#judgeAttempt(item, Number(redriveHeaders['x-redrive-attempt']))
    item.sent += 1
    item.sentSinceClaim += 1
    this.#judgeOrder(item)
  }

  stored(by: string, message: OutgoingMessage): void {
    const { messageId, redriveHeaders } = message
    this.#trace.line('broker', `stores ${messageId} from ${by}`)
    this.copies.set(messageId, [...(this.copies.get(messageId) ?? []), by])
    const job = redriveHeaders['x-redrive-job']
    if (job === undefined) return
    const item = [...(this.#jobs.get(String(job))?.byRow.values() ?? [])].find(
      (one) => one.plan.messageId === messageId,
    )
    if (item) item.stored += 1
  }

  #itemOfToken(token: string, row: string): ItemFacts | undefined {
    const job = this.#jobOfToken.get(token)
    return job === undefined ? undefined : this.itemOf(job, row)
  }

  #requireUnlocked(console: string, nowMs: number, what: string): void {
    if ((this.#unlockedUntilMs.get(console) ?? -Infinity) <= nowMs)
      this.violate('read-only until unlocked', `${what} by ${console} on a locked source`)
  }

  #judgeResult(item: ItemFacts, result: ItemResult): void {
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
    if ((result === 'returned' || result === 'refused') && item.stored > 0)
      this.violate(
        'nothing unexpected appears',
        `${messageId} written down as ${result}, the broker has a copy`,
      )
    if (result === 'skipped' && item.sent > 0)
      this.violate('nothing unexpected appears', `${messageId} written down as skipped, and was sent`)
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
  }

  #judgeContent(item: ItemFacts, { messageId, payload, headers, destination }: OutgoingMessage): void {
    const { payloadDigest, destination: planned } = item.plan
    const same = destination.exchange === planned.exchange && destination.routingKey === planned.routingKey
    if (contentDigest({ payload, headers }) !== payloadDigest || !same)
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

  #judgeOrder({ job, plan: { chainKey, seq, messageId } }: ItemFacts): void {
    if (chainKey === null) return
    const lastSeqs = this.#jobs.get(job)?.lastSeqs
    const last = lastSeqs?.get(chainKey) ?? 0
    if (seq <= last)
      this.violate(
        'a chain goes out in sequence',
        `${messageId} (item ${seq}) sent after item ${last} of ${chainKey}`,
      )
    lastSeqs?.set(chainKey, seq)
  }
}

function said(item: ItemFacts | undefined): string {
  return item ? `"${item.state}"${item.result ? ` (${item.result})` : ''}` : 'nothing'
}
