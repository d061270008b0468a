import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import { headerIsIntact } from '../../src-main/domain/plan.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { TableEvidence } from '../../src-main/domain/workspace.ts'
import { bound } from '../simulation/life.ts'
import { testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { addFailed, itemsOf, openScene, planItemsOf, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { addPending, quickSweep } from '../support/sweep-samples.ts'
import { testSource } from '../support/test-engine.ts'
import type { TestEngineOptions } from '../support/test-engine.ts'

const never = new AbortController().signal
const DAY_SEC = 86_400
const inbox = { table: 'public.inbox', messageId: 'message_id', processedAt: 'processed_at' } as const

async function makeInbox(database: TestDatabase, messageIds: readonly string[]): Promise<void> {
  await database.sql('create table inbox (message_id text primary key, processed_at timestamptz not null)')
  await database.sql(`insert into inbox select m, now() - interval '1 minute' from unnest($1::text[]) m`, [
    messageIds,
  ])
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `message-${index + 1}`)

/** The receiver's inbox stands in another database, and holds these. */
async function withReceiver(
  context: TestContext,
  consumed: readonly string[],
  {
    evidence,
    ...options
  }: Partial<Omit<TestEngineOptions, 'evidence'>> & { evidence?: Partial<TableEvidence> } = {},
): Promise<Scene & { readonly receiver: TestDatabase }> {
  const receiver = await testDatabase({ empty: true })
  await makeInbox(receiver, consumed)
  const config = { ...inbox, url: receiver.url, retentionSec: DAY_SEC, ...evidence }
  return { ...(await openScene(context, { ...options, evidence: config })), receiver }
}

function planWith({ engine: { engine } }: Scene, includeConsumed: string | null): Promise<Plan> {
  const selection = { kind: 'filter', filter: { trouble: 'failed' } } as const
  const request = { source: testSource, selection, edit: null, redirect: null, includeConsumed }
  return planResend(engine.ports, engine.connections, request, never)
}

test('31 of 200 were consumed, as an inbox in another database says: they are left out, and the plan says so', async (context) => {
  const scene = await withReceiver(context, ids(31))
  await addFailed(scene, 200)
  const plan = await planWith(scene, null)
  expect(plan.items).toBe(169)
  expect(plan.skipped).toMatchObject({ count: 31, byCode: { 'already-consumed': 31 } })
  expect(plan.evidence).toMatchObject({
    consumed: 31,
    notSeen: 169,
    unknown: [],
    problem: null,
    included: null,
  })
  expect(plan.evidence?.where).toContain('public.inbox')
  const planned = await planItemsOf(scene, plan)
  expect(planned.some(({ messageId }) => ids(31).includes(messageId))).toBe(false)
  // What was known is part of what the operator agrees to.
  expect(headerIsIntact(plan)).toBe(true)
  expect(headerIsIntact({ ...plan, evidence: { ...plan.evidence!, consumed: 0 } })).toBe(false)
  const job = await scene.engine.run(plan)
  expect(job.tally.confirmed).toBe(169)
  expect(await statuses(scene)).toEqual({ failed: 31, sent: 169 })
})

test('consumed messages go out again only with a reason, which is in the plan, its digest and the journal', async (context) => {
  const scene = await withReceiver(context, ids(31))
  await addFailed(scene, 200)
  const plan = await planWith(scene, 'the receiver was restored from a backup')
  expect(plan).toMatchObject({ items: 200, skipped: { count: 0 } })
  expect(plan.evidence).toMatchObject({ consumed: 31, included: 'the receiver was restored from a backup' })
  expect(plan.warnings).toContainEqual({ code: 'consumed-included', count: 31 })
  expect(headerIsIntact({ ...plan, evidence: { ...plan.evidence!, included: 'another' } })).toBe(false)
  const [entry] = await scene.engine.store.journal.list({ order: 'newest', cursor: null, limit: 1 })
  expect(entry).toMatchObject({
    action: 'plan-created',
    detail: { consumedIncluded: 31, reason: 'the receiver was restored from a backup' },
  })
  const job = await scene.engine.run(plan)
  expect(job.tally.confirmed).toBe(200)
  const delivered = (await scene.rabbit.drain(scene.queue)).map(({ messageId }) => messageId)
  expect(new Set(delivered)).toEqual(new Set(ids(200)))
})

test('an inbox beside the outbox, and messages older than it keeps proofs: unknown, and sent', async (context) => {
  const scene = await openScene(context, { evidence: { ...inbox, retentionSec: 1_800 } })
  await makeInbox(scene.database, ids(3))
  await addFailed(scene, 20)
  await scene.database.sql(
    `update outbox_message set created_at = now() - interval '5 minutes' where id > 15`,
  )
  const plan = await planWith(scene, null)
  expect(plan.items).toBe(17)
  expect(plan.evidence).toMatchObject({
    consumed: 3,
    notSeen: 5,
    unknown: [{ reason: 'older-than-retention', count: 12 }],
  })
})

test('a receiver that cannot be asked is said plainly, and never taken for "not consumed"', async (context) => {
  const scene = await withReceiver(context, ids(5), {
    evidence: { url: 'postgres://postgres@127.0.0.1:1/away' },
  })
  await addFailed(scene, 20)
  const plan = await planWith(scene, null)
  expect(plan.items).toBe(20)
  expect(plan.evidence).toMatchObject({
    consumed: 0,
    notSeen: 0,
    unknown: [{ reason: 'unreachable', count: 20 }],
  })
  expect(plan.evidence?.problem).toContain('host-unreachable')
  expect(plan.warnings).toContainEqual(
    expect.objectContaining({ code: 'evidence-unreachable', count: 20, problem: plan.evidence?.problem }),
  )
  const shown = await scene.engine.engine.evidence.show(
    testSource,
    [{ id: '1', messageId: 'message-1', createdAt: null }],
    never,
  )
  expect(shown.found).toMatchObject([{ verdict: 'unknown', reason: 'unreachable' }])
})

test('a sweep leaves what was consumed to a person, and sends the rest', async (context) => {
  const scene = await withReceiver(context, ids(4), { sweep: quickSweep })
  await addPending(scene.database, { queue: scene.queue, count: 50 })
  const run = await scene.engine.sweep()
  expect(run).toMatchObject({ state: 'done', outcome: { claimed: 50, confirmed: 46, failed: 4, unknown: 0 } })
  expect(await statuses(scene)).toEqual({ failed: 4, sent: 46 })
  const [row] = await scene.database.sql(`select last_error from outbox_message where id = 1`)
  expect(row?.['last_error']).toContain('consumed already at')
  const delivered = (await scene.rabbit.drain(scene.queue)).map(({ messageId }) => messageId)
  expect(delivered.toSorted()).toEqual(ids(50).slice(4).toSorted())
  expect(await scene.engine.store.journal.verify(never)).toMatchObject({ intact: true })
})

test('a sweep that cannot tell what was consumed claims nothing and says why', async (context) => {
  const scene = await withReceiver(context, [], {
    sweep: quickSweep,
    evidence: { url: 'postgres://postgres@127.0.0.1:1/away' },
  })
  await addPending(scene.database, { queue: scene.queue, count: 10 })
  const run = await scene.engine.sweep()
  expect(run).toMatchObject({ state: 'failed', trouble: { code: 'evidence-unreachable' } })
  expect(await statuses(scene)).toEqual({ pending: 10 })
  expect(await scene.database.sql('select from outbox_message where attempts > 0')).toEqual([])
})

/** The broker takes every message and answers nothing for these. */
function silentFor(silent: readonly string[]): (ports: EnginePorts) => EnginePorts {
  return (ports) => {
    const rabbitmq = ports.drivers.broker.rabbitmq!
    return {
      ...ports,
      drivers: {
        ...ports.drivers,
        broker: {
          rabbitmq: async (options) => {
            const broker = await rabbitmq(options)
            return {
              ...bound(broker),
              async openPublisher(signal) {
                const publisher = await broker.openPublisher(signal)
                return {
                  close: () => publisher.close(),
                  send(message, aborted, answered) {
                    publisher.send(message, aborted, (outcome) =>
                      answered(
                        silent.includes(message.messageId)
                          ? { outcome: 'unknown', code: 'confirm-timeout', reason: 'no answer came' }
                          : outcome,
                      ),
                    )
                  },
                }
              },
            }
          },
        },
      },
    }
  }
}

test('unknown outcomes are settled by evidence where there is proof, and left to a person where there is none', async (context) => {
  const scene = await withReceiver(context, [], { wrap: silentFor(ids(6)) })
  await addFailed(scene, 20)
  const job = await scene.engine.run(await planWith(scene, null))
  expect(job.tally).toMatchObject({ confirmed: 14, unknown: 6, unsettled: 6 })
  await scene.receiver.sql(`insert into inbox select 'message-' || i, now() from generate_series(1, 4) i`)
  const settled = await scene.engine.engine.jobs.settleByEvidence(job.job, null, never)
  expect(settled).toMatchObject({ settled: 4, unmarked: 0, left: 2, job: { tally: { unsettled: 2 } } })
  const items = await itemsOf(scene, job)
  expect(items.filter(({ settledAs }) => settledAs === 'sent').map(({ messageId }) => messageId)).toEqual(
    ids(4),
  )
  expect(await statuses(scene)).toEqual({ sending: 2, sent: 18 })
})
