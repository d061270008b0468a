import type {
  ItemResult,
  ItemState,
  JobKind,
  JobState,
  RunOptions,
  Settlement,
} from '../../src-main/domain/job.ts'
import type { Outcome } from '../../src-main/domain/outcome.ts'
import type { PlanItem } from '../../src-main/domain/plan.ts'
import type { Property, Violation } from './properties.ts'

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
  /** Somebody else has written over the claim since, or it was ended. */
  lostClaim: boolean
  /** Times that its bytes left, in all and since the last claim. */
  sent: number
  sentSinceClaim: number
  /** Times that the broker stored it. */
  stored: number
  /** What the broker's last answer was, as the console heard it. */
  answer: Outcome | null
  /** The operator's decision as the journal has it, and whether it ever was "sent". */
  settling: Settlement | null
  saidSent: boolean
  wasUnknown: boolean
}

export interface JobFacts {
  readonly console: string
  readonly job: string
  readonly kind: JobKind
  readonly plan: string
  readonly options: RunOptions
  readonly items: Map<number, ItemFacts>
  /** The last item of each row: a sweep may have one more than once. */
  readonly byRow: Map<string, ItemFacts>
  readonly byChain: Map<string, ItemFacts[]>
  state: JobState
  /** Since it was started or continued. */
  run: RunFacts
  returned: number
}

interface RunFacts {
  answers: number
  unanswered: number
  /** By chain: the last item that went out. */
  readonly lastSeqs: Map<string, number>
  /** The event at which an answer was one too many for the brake. */
  pulledAt: number | null
}

/** Of the first messages of a ramp, how many may be under way: one, then five. */
const RAMP_BEGINS = [1, 5] as const

export function newRun(): RunFacts {
  return { answers: 0, unanswered: 0, lastSeqs: new Map(), pulledAt: null }
}

export function newItem(console: string, job: string, plan: PlanItem): ItemFacts {
  return {
    ...{ console, job, plan, state: 'planned', result: null, claims: 0, attempts: 0, lostClaim: false },
    ...{ sent: 0, sentSinceClaim: 0, stored: 0, answer: null, settling: null, saidSent: false },
    wasUnknown: false,
  }
}

export function addItem(job: JobFacts, item: ItemFacts): void {
  const { seq, id, chainKey } = item.plan
  job.items.set(seq, item)
  job.byRow.set(id, item)
  if (chainKey !== null) job.byChain.set(chainKey, [...(job.byChain.get(chainKey) ?? []), item])
}

/** The broker has it for sure, or a person said so: the next of its chain may go. */
function letsPass({ result, answer, settling }: ItemFacts): boolean {
  if (settling === 'sent') return true
  return answer === 'confirmed' && (result === null || result === 'confirmed')
}

/** An earlier message of its chain in this job for which it has to wait. */
export function waitsFor(job: JobFacts, { plan: { id, chainKey, seq } }: ItemFacts): ItemFacts | undefined {
  if (chainKey === null) return undefined
  // What a sweep takes up again, because its next attempt was due within the run, counts as the item it is by now,
  const latest = (item: ItemFacts): boolean => job.byRow.get(item.plan.id) === item
  // and comes behind later messages of its chain, which it does not wait for: they wait for it.
  const isBefore = ({ plan }: ItemFacts): boolean =>
    plan.seq < seq && (job.kind !== 'sweep' || Number(plan.id) < Number(id))
  return job.byChain
    .get(chainKey)
    ?.find((earlier) => isBefore(earlier) && latest(earlier) && !letsPass(earlier))
}

/**
 * Another message of its chain in this job that is not written down as confirmed. One behind it counts too: where a later
 * batch was claimed already and a row of it had changed, the run that goes on holds up the whole chain.
 */
export function mayWait(job: JobFacts, item: ItemFacts): boolean {
  const { chainKey } = item.plan
  const chain = chainKey === null ? [] : (job.byChain.get(chainKey) ?? [])
  return chain.some((other) => other !== item && other.result !== 'confirmed')
}

/** Bytes of `item` leave for the broker. `event` counts what has happened so far. */
export function judgeSend(job: JobFacts, item: ItemFacts, event: number): readonly Violation[] {
  const { run, options } = job
  const { messageId, chainKey, seq } = item.plan
  const found: Violation[] = []
  const say = (property: Property, what: string): void => void found.push({ property, what })
  if (job.state !== 'running')
    say('a job that stands publishes nothing', `${messageId} of ${job.job}, ${job.state}`)
  const before = waitsFor(job, item)
  if (before)
    say(
      'a chain goes out in sequence',
      `${messageId} sent, ${before.plan.messageId} before it was not confirmed`,
    )
  if (chainKey !== null) {
    const last = run.lastSeqs.get(chainKey) ?? 0
    if (seq <= last) say('a chain goes out in sequence', `${messageId} (item ${seq}) sent after item ${last}`)
    run.lastSeqs.set(chainKey, seq)
  }
  run.unanswered += 1
  const allowed = options.ramp ? (RAMP_BEGINS[run.answers] ?? Infinity) : Infinity
  if (run.unanswered > allowed)
    say('ramp and brake are kept', `${run.unanswered} under way after ${run.answers} answers`)
  if (run.pulledAt !== null && run.pulledAt < event)
    say('ramp and brake are kept', `${messageId} sent after ${job.returned} were returned`)
  return found
}

export function noteAnswer(job: JobFacts, item: ItemFacts, outcome: Outcome, event: number): void {
  item.answer = outcome
  job.run.answers += 1
  job.run.unanswered -= 1
  if (outcome !== 'returned') return
  job.returned += 1
  const limit = job.options.brake?.returnedMax ?? null
  if (limit !== null && job.returned > limit) job.run.pulledAt ??= event
}

/** What is written down of an item, for a violation. */
export function said(item: ItemFacts | undefined): string {
  return item ? `"${item.state}"${item.result ? ` (${item.result})` : ''}` : 'nothing'
}
