import { letterDigest } from '../../domain/dead-letter/letter.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Json } from '../../domain/digest.ts'
import type { JournalAction } from '../../domain/journal.ts'
import { newItemsDigest } from '../../domain/plan.ts'
import type { Plan } from '../../domain/plan.ts'
import type { Holding } from '../../ports/dead-letters.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { Guards } from '../guard/guards.ts'
import { planIsIntact, planPages } from '../resend/plan-intact.ts'
import { requireNewerThanRestore } from '../restore/plan-age.ts'
import { boxOf } from './boxes.ts'
import { discardRecords } from './discard-records.ts'
import { HELD_MAX } from './queue-rows.ts'

const WALK_BATCH = 200

export interface DiscardRequest {
  readonly plan: string
  readonly digest: string
  /** Production: the number of messages, typed. */
  readonly typedCount: number | null
}

export interface Discarded {
  /** Taken out of their queue; of a topic, which keeps them, marked as discarded. */
  readonly removed: number
  /** In the plan and not in the queue any more: somebody else has taken them, or they were discarded before. */
  readonly missing: number
}

export interface DiscardOptions {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly locks: Locks
  readonly changes: Changes
}

/**
 * Takes the letters of a plan out of their queue for good; nothing brings them back. The records of a topic stay where they
 * are and are marked. The ids of each batch are in the
 * journal before the broker is told. Where the process dies in between, the entry says which ones were about to go, and a
 * look says which are still there.
 */
export async function discardLetters(
  { ports, connections, locks, changes }: DiscardOptions,
  request: DiscardRequest,
  signal: AbortSignal,
): Promise<Discarded> {
  const plan = await confirmed(ports, request)
  const { deadLetters: what, source } = plan
  if (what?.action !== 'discard') {
    throw new RedriveError('plan-invalid', 'never', { reason: 'it is no plan to discard dead letters' })
  }
  locks.require(source)
  const environment = await connections.environment(source)
  if (environment === 'production' && request.typedCount !== plan.items) {
    throw new RedriveError('count-not-typed', 'never', { count: plan.items })
  }
  const guards = new Guards(ports, connections)
  const approval = await guards.requirePlan(plan, null)
  const within = approval === null ? await guards.ceilings(source, plan.items) : await guards.hourly(source)
  const yes = approval === null ? {} : { approval }
  const box = boxOf(plan.broker, await connections.brokerNamed(plan.broker))
  if (box.is === 'topic') {
    const { marked, missing } = await discardRecords(ports, plan, { reason: what.reason ?? '', yes, within })
    changes.bump()
    return { removed: marked, missing }
  }
  const { deadLetters } = box
  const wanted = await wantedOf(ports, plan)
  const entry = (action: JournalAction, detail: Json) =>
    ports.journal.append({
      ...{ action, operator: ports.operator(), source, subject: plan.plan, detail },
      ...(action === 'dead-letters-discarding' ? { within } : {}),
    })
  const holding = await deadLetters.hold(what.queue, signal)
  let removed = 0
  try {
    for (let walked = 0; walked < HELD_MAX && wanted.size > 0; walked += WALK_BATCH) {
      const { found, atEnd } = await nextWanted(holding, wanted, signal)
      if (found.length > 0) {
        const ids = found.map(({ id }) => id)
        await entry('dead-letters-discarding', { reason: what.reason, ids, ...yes })
        await holding.remove(
          found.map(({ tag }) => tag),
          signal,
        )
        removed += found.length
      }
      if (atEnd) break
    }
  } finally {
    await holding.close()
    const missing = plan.items - removed
    await entry('dead-letters-discarded', { reason: what.reason, removed, missing })
    changes.bump()
  }
  return { removed, missing: plan.items - removed }
}

async function nextWanted(
  holding: Holding,
  wanted: Map<string, string[]>,
  signal: AbortSignal,
): Promise<{ readonly found: readonly { tag: number; id: string }[]; readonly atEnd: boolean }> {
  const letters = await holding.next(WALK_BATCH, signal)
  const found = letters.flatMap(({ tag, letter }) => {
    const digest = letterDigest(letter)
    const ids = wanted.get(digest)
    const id = ids?.shift()
    if (ids?.length === 0) wanted.delete(digest)
    return id === undefined ? [] : [{ tag, id }]
  })
  return { found, atEnd: letters.length < WALK_BATCH }
}

async function wantedOf(ports: EnginePorts, plan: Plan): Promise<Map<string, string[]>> {
  const wanted = new Map<string, string[]>()
  // Once more, with what is kept from here on: the store may have changed since the plan was found to fit.
  const digest = newItemsDigest()
  for await (const page of planPages(ports.jobStore, plan.plan)) {
    for (const item of page) {
      digest.add(item)
      const { id, payloadDigest } = item
      const ids = wanted.get(payloadDigest)
      if (ids === undefined) wanted.set(payloadDigest, [id])
      else ids.push(id)
    }
  }
  if (digest.finish() === plan.itemsDigest) return wanted
  throw new RedriveError('plan-digest-mismatch', 'never', { plan: plan.plan })
}

async function confirmed(ports: EnginePorts, { plan: id, digest }: DiscardRequest): Promise<Plan> {
  const plan = await ports.jobStore.plan(id)
  if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: id })
  if (!(await planIsIntact(ports.jobStore, plan))) {
    throw new RedriveError('plan-digest-mismatch', 'never', { plan: id })
  }
  if (plan.digest !== digest) throw new RedriveError('plan-not-confirmed', 'never', { digest: plan.digest })
  await requireNewerThanRestore(ports.journal, plan)
  return plan
}
