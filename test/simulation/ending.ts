import type { Job } from '../../src-main/domain/job.ts'
import { verdict } from '../support/verdict.ts'
import type { Verdict } from '../support/verdict.ts'
import type { Operator } from './operator.ts'
import { dueRows, exhausted, heldBy } from './sim-due.ts'
import { sweepOnce, switchOff } from './sweeping.ts'
import type { World } from './world.ts'
import { never, sourceName } from './sim-console.ts'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'

const JOBS_MAX = 1_000
const ITEMS_MAX = 1_000
/** Longer than anything under way can take: late statements, slow answers, confirm timeouts. */
const SETTLE_DOWN_MS = 120_000
const CONTINUES_MAX = 3
const ROWS_MAX = 1_000

/** Nothing goes wrong any more: every console is started, every job brought to its end, every unknown outcome settled. */
export async function finish(world: World, operators: readonly Operator[]): Promise<void> {
  world.calm = true
  world.broker.start()
  world.broker.block(null)
  await world.time.sleep(SETTLE_DOWN_MS)
  for (const operator of operators) await silence(operator)
  for (const operator of operators) await bringToEnd(operator)
  if (world.scenario.sweeps) for (const operator of operators) await sweepTheRest(world, operator)
  const [first] = operators
  if (first) await resendTheRest(world, first)
  world.judging = true
  for (const operator of operators) await judgeConsole(world, operator)
  judgeRows(world)
  judgeCopies(world)
}

/** Nothing is done by itself any more. */
async function silence(operator: Operator): Promise<void> {
  await operator.start()
  await switchOff(operator)
}

async function bringToEnd(operator: Operator): Promise<void> {
  await operator.start()
  await operator.unlock()
  for (const { job } of await jobsOf(operator)) {
    const now = await operator.bringOn(job, CONTINUES_MAX)
    if (now.state === 'interrupted' || now.state === 'paused')
      await operator.console.call((engine) => engine.jobs.cancel(job))
    await operator.settle(job, 0)
  }
}

/** One more sweep leaves nothing behind that is due, and nothing that has no attempts left. */
async function sweepTheRest({ facts, table, scenario }: World, operator: Operator): Promise<void> {
  const property = 'what can be delivered ends delivered'
  // What waits behind rows of the same run is the next one's.
  const { attemptsMax, stuckAfterSec, order } = scenario.sweep
  const rule = { limit: ROWS_MAX, attemptsMax, stuckAfterSec }
  const due = (): string[] => {
    const rows = [...dueRows(table, { ...rule, chained: order === 'chain' }), ...exhausted(table, rule)]
    return rows.map(({ id }) => id)
  }
  let before: readonly string[] = []
  for (let rounds = table.rows().length + 1; rounds > 0; rounds -= 1) {
    before = due()
    const run = await sweepOnce(operator)
    if (run?.state !== 'done') return facts.violate(property, `the last sweep is ${run?.state ?? 'refused'}`)
    if (run.outcome?.claimed === 0) break
  }
  // Others have become due since: their time has come.
  const left = due().filter((id) => before.includes(id))
  if (left.length > 0) facts.violate(property, `rows ${left.join(', ')} are due after the last sweep`)
}

/** What is left and could be delivered is delivered, now that nothing is in the way. */
async function resendTheRest(world: World, operator: Operator): Promise<void> {
  const plan = await operator.plan({ kind: 'filter', filter: { trouble: 'failed' } })
  if (!plan) return
  await operator.unlock()
  const job = await operator.run(plan, { rate: null, ramp: false, brake: null })
  const ended = job ? await operator.ended(job.job) : null
  if (ended?.state !== 'done') {
    world.facts.violate(
      'what can be delivered ends delivered',
      `the last resend is ${ended?.state ?? 'refused'}`,
    )
    return
  }
  const blocked = new Set<string>()
  for (const { id, messageId, destination, chainKey } of world.facts.planItems(plan.plan)) {
    const row = world.table.row(id)
    const { exchange, routingKey } = destination
    const routable = routingKey === (exchange === 'shop' ? 'order' : 'orders') && exchange !== 'gone'
    // Behind what cannot be delivered the rest of its chain waits.
    if (chainKey !== null && !routable) blocked.add(chainKey)
    if (routable && !blocked.has(chainKey ?? '') && row?.columns['status'] !== 'sent')
      world.facts.violate(
        'what can be delivered ends delivered',
        `${messageId} is ${row?.columns['status'] ?? '-'}`,
      )
  }
}

function jobsOf({ console }: Operator): Promise<readonly Job[]> {
  return console.call((engine) =>
    engine.ports.jobReader.jobs({ source: sourceName, before: null, limit: JOBS_MAX }),
  )
}

async function judgeConsole(world: World, operator: Operator): Promise<void> {
  const { facts, table } = world
  const { store } = operator.console.process
  for (const { job, state, tally, items, ended } of await jobsOf(operator)) {
    const over = state === 'cancelled' || (state === 'done' && ended === items)
    if (!over || tally.unsettled > 0)
      facts.violate('every item ends', `${job} is ${state}, ${tally.unsettled} unsettled`)
    for (const item of await store.jobReader.items(job, { afterSeq: 0, limit: ITEMS_MAX })) {
      const { itemState, id, messageId } = item
      if (itemState !== 'done' && !(itemState === 'planned' && state === 'cancelled'))
        facts.violate('every item ends', `${messageId} of ${job} is ${itemState}`)
      const row = table.row(id)
      if (row && heldBy(table, row, claimTokenOf(job)))
        facts.violate('every item ends', `row ${id} still carries the claim of ${job}`)
    }
  }
  await judgeJournal(world, operator)
}

/** The chain fits, and the journal alone tells of every publish that its intent was there. */
async function judgeJournal({ facts }: World, { console }: Operator): Promise<void> {
  const { journal } = console.process.store
  const found = await journal.verify(never)
  if (!found.intact) return facts.violate('the journal is intact', `${console.name}: ${found.finding}`)
  const intents = new Set<string>()
  const query = { order: 'oldest', actions: ['job-publishing'], limit: 1_000 } as const
  for (let cursor: number | null = null; ;) {
    const page = await journal.list({ ...query, cursor })
    for (const { subject, detail } of page)
      for (const id of (detail as { readonly ids: readonly string[] }).ids)
        intents.add(`${subject ?? ''} ${id}`)
    const last = page.at(-1)
    if (!last || page.length < query.limit) break
    cursor = last.seq
  }
  for (const item of facts.items) {
    if (item.console === console.name && item.sent > 0 && !intents.has(`${item.job} ${item.plan.id}`))
      facts.violate(
        'intent first',
        `${item.plan.messageId} of ${item.job} was sent, the journal does not say so`,
      )
  }
}

/** What the broker has must have been sent by somebody who was to send it. */
function judgeRows({ facts, table }: World): void {
  for (const [row, job] of facts.claimed)
    facts.violate('every item ends', `row ${row} still carries a claim of ${job}`)
  const known = new Set(table.rows().map(({ columns }) => String(columns['message_id'])))
  for (const message of facts.copies.keys())
    if (!known.has(message))
      facts.violate('nothing unexpected appears', `${message} is in the broker, and in no row`)
  for (const item of facts.items) {
    if (item.sent > 1)
      facts.violate(
        'duplicates only where an outcome was unknown',
        `${item.job} sent ${item.plan.messageId} twice`,
      )
    if (item.stored > item.sent)
      facts.violate(
        'nothing unexpected appears',
        `${item.plan.messageId} was stored more often than it was sent`,
      )
  }
}

/**
 * Each copy after the first needs a reason that the operator could see: an outcome that was unknown, a row that was
 * shown as in flight, or the relay's own doubt.
 */
function judgeCopies({ facts, relayExcuses }: World): void {
  for (const [message, copies] of facts.copies) {
    const items = facts.items.filter(({ plan }) => plan.messageId === message)
    const unknown = items.filter(({ wasUnknown }) => wasUnknown).length
    const warned = items.filter(({ plan, sent }) => plan.state === 'in-flight' && sent > 0).length
    const excuses = unknown + warned + (relayExcuses.get(message) ?? 0)
    if (copies.length - 1 > excuses)
      facts.violate(
        'duplicates only where an outcome was unknown',
        `${message} is in the broker ${copies.length} times (${copies.join(', ')}), ${excuses} of them explained`,
      )
  }
}

/** The run in the words of the design. */
export function verdictOf({ facts, table }: World): Verdict & { readonly unknown: number } {
  const sent = new Set(
    table.rows().flatMap((row) => (table.state(row) === 'sent' ? [String(row.columns['message_id'])] : [])),
  )
  const mine = facts.items.filter((item) => item.sent > 0)
  // The word of an operator who guessed is no acknowledgement.
  const guessed = new Set(facts.items.filter(({ saidSent }) => saidSent).map(({ plan }) => plan.messageId))
  const marked = mine.map(({ plan }) => plan.messageId).filter((id) => sent.has(id) && !guessed.has(id))
  const confirmed = facts.items
    .filter(({ result }) => result === 'confirmed')
    .map(({ plan }) => plan.messageId)
  return {
    ...verdict({
      attempted: [...mine.map(({ plan }) => plan.messageId), ...facts.copies.keys()],
      acknowledged: [...confirmed, ...marked],
      delivered: [...facts.copies].flatMap(([message, copies]) => copies.map(() => message)),
    }),
    unknown: facts.items.filter(({ wasUnknown }) => wasUnknown).length,
  }
}
