import { isHeld } from '../../domain/dead-letter/look.ts'
import type { LookedLetter } from '../../domain/dead-letter/look.ts'
import { placeName } from '../../domain/dead-letter/place.ts'
import type { DeadLetterPlace } from '../../domain/dead-letter/place.ts'
import { redriveDestination } from '../../domain/dead-letter/redriven.ts'
import type { RedriveTo } from '../../domain/dead-letter/redriven.ts'
import { createDryRun } from '../../domain/dry-run.ts'
import type { Json } from '../../domain/digest.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { freezePlan, newItemsDigest, planFormat, SKIPPED_NAMED_MAX } from '../../domain/plan.ts'
import type { Plan, PlanDeadLetters, PlanHeader, PlanItem, PlanSkip } from '../../domain/plan.ts'
import type { Destination } from '../../domain/message.ts'
import type { Broker } from '../../ports/broker.ts'
import type { RecordMark } from '../../ports/record-ledger.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { look as lookAt } from '../resend/destinations.ts'
import { missingDestinations } from '../resend/plan-warnings.ts'
import { lastRestore } from '../restore/plan-age.ts'
import type { Look, Looking } from './looking.ts'

export type LetterSelection =
  | { readonly kind: 'all' }
  | { readonly kind: 'causes'; readonly causes: readonly (string | null)[] }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }

export interface LetterPlanRequest {
  readonly look: string
  readonly selection: LetterSelection
  /** Null after: also those that a person would have to release. */
  readonly heldAfter: number | null
  /** Why records that were redriven before are redriven once more; null: they are left out. */
  readonly again: string | null
}

export interface Planning {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly looking: Looking
}

/**
 * Freezes a list of letters that a look found. Reads no message: the look has them. Throws `look-missing`, `plan-empty`,
 * `reason-required`, or `destination-invalid` where the chosen place does not exist.
 */
export async function planLetters(
  planning: Planning,
  request: LetterPlanRequest,
  act: Pick<PlanDeadLetters, 'action' | 'to' | 'reason'>,
  signal: AbortSignal,
): Promise<Plan> {
  const { ports, connections, looking } = planning
  const look = looking.get(request.look)
  const source = placeName(look.place)
  if (act.reason?.trim() === '' || request.again?.trim() === '')
    throw new RedriveError('reason-required', 'never')
  const broker = await connections.brokerNamed(look.place.broker)
  await requireDestination(broker, { to: act.to, from: look.place }, signal)
  const wanted = chosen(look, request.selection)
  const ids = wanted.map(({ id }) => id)
  const held = await ports.jobReader.held(source, ids)
  const marks = broker.topics === undefined ? null : await ports.recordLedger.marks(source, ids)
  // A queue forgets what left it: only what may have come back after a crash was redriven and is there all the same.
  const cameBack = await ports.jobReader.confirmedUnmarked(source, ids)
  const restoredAt = (await lastRestore(ports.journal))?.at ?? null
  const judged = wanted.map((letter) => {
    const unsettled = held.has(letter.id)
    const known = marks?.get(letter.id)
    const forgotten = marks !== null && known === undefined && isBefore(letter, restoredAt)
    const redriven = (act.to !== null && (cameBack.has(letter.id) || forgotten)) || known?.as === 'redriven'
    const mark = markCode(known, { redriven, again: request.again })
    return { letter, ...judge(letter, { heldAfter: request.heldAfter, to: act.to, unsettled, mark }) }
  })
  const items = judged.flatMap(({ letter, destination, code }) =>
    code === null ? [{ letter, destination }] : [],
  )
  const skips = judged.flatMap(({ letter: { id, messageId }, code }) =>
    code === null ? [] : [{ id, messageId, code }],
  )
  if (items.length === 0) throw new RedriveError('plan-empty', 'never', skipDetail(skips))
  return store(planning, { look, request, act, broker, items, skips }, signal)
}

interface Judged {
  readonly letter: LookedLetter
  readonly destination: Destination
}

interface Drawn {
  readonly look: Look
  readonly request: LetterPlanRequest
  readonly act: Pick<PlanDeadLetters, 'action' | 'to' | 'reason'>
  readonly broker: Broker
  readonly items: readonly Judged[]
  readonly skips: readonly PlanSkip[]
}

async function store({ ports, connections }: Planning, drawn: Drawn, signal: AbortSignal): Promise<Plan> {
  const { look, act, skips } = drawn
  const { jobStore, operator } = ports
  const source = placeName(look.place)
  const { plan, items } = await freeze(ports, drawn, signal)
  const draft = await jobStore.beginPlan(plan.plan)
  try {
    await draft.add(items)
    const environment = await connections.environment(source)
    const detail: Json = {
      digest: plan.digest,
      items: plan.items,
      skipped: skips.length,
      selection: plan.selection,
      environment,
      look: look.look,
      action: act.action,
      reason: act.reason,
      again: drawn.request.again,
    }
    await draft.finish(plan, {
      action: 'plan-created',
      operator: operator(),
      source,
      subject: plan.plan,
      detail,
    })
    return plan
  } catch (error) {
    await draft.discard()
    throw error
  }
}

/** The plan and its items, counted; nothing is written yet. */
async function freeze(
  { clock, ids, operator }: Planning['ports'],
  { look, request, act, broker, items: letters, skips }: Drawn,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly items: readonly PlanItem[] }> {
  const items = letters.map(({ letter, destination }, index) => itemOf(index + 1, letter, destination, look))
  const counts = createDryRun({ nowMs: clock.now().getTime() })
  const digest = newItemsDigest()
  for (const [index, item] of items.entries()) {
    const lastError = letters[index]?.letter.story.cause ?? null
    counts.add({ ...item, lastError })
    digest.add(item)
  }
  const times = items.map(({ createdAt }) => createdAt).sort()
  const destinations = act.to === null ? [] : counts.result().byDestination.groups.map(({ key }) => key)
  const checks = await lookAt(broker, destinations, signal)
  const header: PlanHeader = {
    format: planFormat,
    plan: ids.next('plan'),
    source: placeName(look.place),
    broker: look.place.broker,
    table: look.place.queue,
    profile: '',
    mappingDigest: '',
    createdAt: clock.now().toISOString(),
    createdBy: operator(),
    selection: describe(request.selection),
    edit: null,
    redirect: null,
    skipped: { count: skips.length, byCode: countCodes(skips), named: skips.slice(0, SKIPPED_NAMED_MAX) },
    warnings: missingDestinations(counts, checks),
    dryRun: {
      counts: counts.result(),
      oldestCreatedAt: times[0] ?? null,
      newestCreatedAt: times.at(-1) ?? null,
      measuredPerSec: null,
      maybeSent: 0,
      orderBroken: 0,
    },
    deadLetters: {
      queue: look.place.queue,
      ...act,
      heldAfter: request.heldAfter,
      ...(request.again === null ? {} : { again: request.again }),
    },
  }
  const plan = freezePlan(header, { items: items.length, itemsDigest: digest.finish() })
  return { plan, items }
}

function chosen({ letters }: Look, selection: LetterSelection): readonly LookedLetter[] {
  switch (selection.kind) {
    case 'all':
      return letters
    case 'causes': {
      const causes = new Set(selection.causes)
      return letters.filter(({ story }) => causes.has(story.cause))
    }
    case 'ids': {
      const ids = new Set(selection.ids)
      return letters.filter(({ id }) => ids.has(id))
    }
  }
}

/** Discarded ones need no way and carry no headers; only what may be under way is left alone. */
function judge(
  letter: LookedLetter,
  {
    heldAfter,
    to,
    unsettled,
    mark,
  }: {
    readonly heldAfter: number | null
    readonly to: RedriveTo | null
    readonly unsettled: boolean
    readonly mark: ErrorCode | null
  },
): { readonly destination: Destination; readonly code: ErrorCode | null } {
  const where = { exchange: letter.exchange, routingKey: letter.routingKey }
  if (unsettled) return { destination: where, code: 'outcome-unsettled' }
  if (mark !== null) return { destination: where, code: mark }
  if (to === null) return { destination: where, code: null }
  if (heldAfter !== null && isHeld(letter, heldAfter))
    return { destination: where, code: 'redriven-too-often' }
  if (letter.damagedHeader !== null) return { destination: where, code: 'header-damaged' }
  const destination = redriveDestination(letter.story.origin, to)
  return { destination: destination ?? where, code: destination === null ? 'origin-unknown' : null }
}

/**
 * A topic keeps a record that was redriven, and a store that was set back has forgotten that it was. Without a time nobody knows
 * that it came later.
 */
function isBefore({ story: { lastDiedAt } }: LookedLetter, restoredAt: string | null): boolean {
  return restoredAt !== null && (lastDiedAt === null || Date.parse(lastDiedAt) <= Date.parse(restoredAt))
}

/** A record stays in its topic, whatever is done with it: what was done once is not done again by accident. */
function markCode(
  mark: RecordMark | undefined,
  { redriven, again }: { readonly redriven: boolean; readonly again: string | null },
): ErrorCode | null {
  if (mark?.as === 'discarded') return 'discarded-already'
  return redriven && again === null ? 'redriven-already' : null
}

async function requireDestination(
  broker: Broker,
  { to, from }: { readonly to: RedriveTo | null; readonly from: DeadLetterPlace },
  signal: AbortSignal,
): Promise<void> {
  if (to?.kind !== 'chosen') return
  const { exchange, routingKey } = to
  if (broker.topics !== undefined && (exchange || routingKey) === from.queue) {
    const problem = 'it is the topic that they are in'
    throw new RedriveError('destination-invalid', 'never', { at: from.queue, problem })
  }
  const [check] = await broker.checkDestinations([{ exchange, routingKey }], signal)
  if (check?.exists === true) return
  const reason = check?.exists === false ? 'it does not exist' : 'the broker does not say whether it exists'
  throw new RedriveError('destination-invalid', 'never', { at: `${exchange}/${routingKey}`, problem: reason })
}

function itemOf(seq: number, letter: LookedLetter, destination: Destination, look: Look): PlanItem {
  const { id, digest, messageId, type, story } = letter
  return {
    seq,
    id,
    version: '',
    messageId: messageId ?? '',
    state: 'failed',
    attempts: story.redrive?.times ?? 0,
    type,
    chainKey: null,
    destination,
    payloadDigest: digest,
    payload: null,
    createdAt: story.firstDiedAt ?? look.at,
  }
}

function countCodes(skips: readonly PlanSkip[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of skips) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

function skipDetail(skips: readonly PlanSkip[]): Record<string, string | number> {
  return { skipped: skips.length, codes: Object.keys(countCodes(skips)).join(', ') }
}

function describe(selection: LetterSelection): string {
  if (selection.kind === 'all') return 'all that the look found'
  if (selection.kind === 'ids') return `${selection.ids.length} chosen by id`
  return `all that died of ${selection.causes.map((cause) => JSON.stringify(cause ?? '-')).join(' or ')}`
}
