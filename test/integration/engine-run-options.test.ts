import { expect, test } from 'vitest'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { ItemResult, Job } from '../../src-main/domain/job.ts'
import { addFailed, eventually, itemsOf, openScene, requestOf, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'

const never = new AbortController().signal

function jobNow({ engine }: Scene, id: string): Promise<Job> {
  return engine.engine.jobs.get(id)
}

async function distinctInQueue({ rabbit, queue }: Scene): Promise<{ all: number; distinct: number }> {
  const ids = (await rabbit.drain(queue)).map(({ messageId }) => messageId)
  return { all: ids.length, distinct: new Set(ids).size }
}

/** A new plan of what became of a job. */
function planOfJob({ engine }: Scene, job: string, results: readonly ItemResult[]) {
  const { ports, connections } = engine.engine
  const selection = { kind: 'job' as const, job, results }
  const request = { source: testSource, selection, edit: null, redirect: null }
  return planResend(ports, connections, request, never)
}

test('pause and resume: nothing lost, nothing twice, and a paused job outlives its process', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 300)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.engine.unlock()
  const { jobs } = scene.engine.engine
  const run = await jobs.run(requestOf(plan, { rate: 150 }), never)
  await eventually('some are sent', async () => (await jobNow(scene, run.job)).tally.confirmed > 20)
  expect(jobs.status(run.job)).toMatchObject({ waiting: null })
  const paused = await jobs.pause(run.job)
  expect(paused).toMatchObject({ state: 'paused', interruption: null, endedAt: null })
  expect(jobs.status(run.job)).toBeNull()
  const { confirmed } = paused.tally
  expect(confirmed).toBeLessThan(300)
  expect(paused.tally).toMatchObject({ unknown: 0, refused: 0, skipped: 0, parked: 0 })
  // Everything is at rest: what went is sent, the rest is as it was and held by nobody.
  expect(await statuses(scene)).toEqual({ sent: confirmed, failed: 300 - confirmed })
  expect(await scene.rabbit.count(scene.queue)).toBe(confirmed)
  const states = new Set((await itemsOf(scene, paused)).map(({ itemState }) => itemState))
  expect(states).toEqual(new Set(['done', 'planned']))
  await expect(jobs.pause(run.job)).rejects.toMatchObject({ code: 'job-state-forbids' })

  await scene.engine.close()
  const next = openTestEngine({ dataDir: scene.dataDir, databaseUrl: scene.database.url, batch: 20 })
  try {
    await next.engine.recover()
    expect(await next.engine.jobs.get(run.job)).toMatchObject({ state: 'paused', ended: paused.ended })
    await expect(next.engine.jobs.continue(run.job)).rejects.toMatchObject({ code: 'source-locked' })
    await next.unlock()
    await next.engine.jobs.continue(run.job)
    const job = await next.ended(run.job)
    expect(job).toMatchObject({ state: 'done', ended: 300, tally: { confirmed: 300, unmarked: 0 } })
  } finally {
    await next.close()
  }
  expect(await statuses(scene)).toEqual({ sent: 300 })
  expect(await distinctInQueue(scene)).toEqual({ all: 300, distinct: 300 })
})

test('a paused job is cancelled: what did not go stays as it was', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 200)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.engine.unlock()
  const { jobs } = scene.engine.engine
  const run = await jobs.run(requestOf(plan, { rate: 100 }), never)
  await eventually('some are sent', async () => (await jobNow(scene, run.job)).tally.confirmed > 5)
  await jobs.pause(run.job)
  const cancelled = await jobs.cancel(run.job)
  expect(cancelled.state).toBe('cancelled')
  const { confirmed } = cancelled.tally
  expect(await statuses(scene)).toEqual({ sent: confirmed, failed: 200 - confirmed })
  await expect(jobs.continue(run.job)).rejects.toMatchObject({ code: 'job-state-forbids' })
})

test('on a ramp a dead destination costs one message; the other rows were never touched', async (context) => {
  const scene = await openScene(context, { batch: 50 })
  await addFailed(scene, 100, 1)
  const before = await scene.database.sql(
    'select id, xmin, status, attempts, last_error from outbox_message order by id',
  )
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { ramp: true })
  expect(job).toMatchObject({
    state: 'paused',
    ended: 1,
    interruption: { code: 'brake-pulled', reason: expect.stringContaining('1 of the 1') as string },
    tally: { returned: 1, confirmed: 0, unknown: 0 },
  })
  const after = await scene.database.sql(
    'select id, xmin, status, attempts, last_error from outbox_message order by id',
  )
  expect(after.slice(1)).toEqual(before.slice(1))
  expect(after[0]).toMatchObject({ status: 'failed', last_error: 'returned: 312 NO_ROUTE' })

  // Continued, it begins with one message again.
  await scene.engine.engine.jobs.continue(job.job)
  const again = await scene.engine.ended(job.job)
  expect(again).toMatchObject({ state: 'paused', ended: 2, tally: { returned: 2 } })
})

test('a ramp that goes well ends at full speed, with everything sent once', async (context) => {
  const scene = await openScene(context, { batch: 50 })
  await addFailed(scene, 400)
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { ramp: true })
  expect(job).toMatchObject({ state: 'done', tally: { confirmed: 400, unmarked: 0 } })
  expect(await distinctInQueue(scene)).toEqual({ all: 400, distinct: 400 })
  const journal = await scene.engine.store.journal.list({
    subject: job.job,
    actions: ['job-publishing'],
    order: 'oldest',
    cursor: null,
    limit: 100,
  })
  const sizes = journal.map(({ detail }) => (detail as { ids: readonly string[] }).ids.length)
  // The step of 100 is as large as a batch here.
  expect(sizes.slice(0, 5)).toEqual([1, 5, 20, 50, 50])
})

test('a ramp is over when the plan is', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 4)
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { ramp: true })
  expect(job).toMatchObject({ state: 'done', tally: { confirmed: 4 } })
})

test('the brake stops a run of which too much fails', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 400, 2)
  const plan = await scene.engine.plan({ trouble: 'failed' })
  const brake = { failureRatio: 0.3, returnedMax: null, queue: null }
  const job = await scene.engine.run(plan, { brake, rate: 300 })
  expect(job).toMatchObject({
    state: 'paused',
    interruption: {
      code: 'brake-pulled',
      reason: expect.stringMatching(/of the last \d+ messages were not confirmed/) as string,
    },
  })
  expect(job.ended).toBeGreaterThanOrEqual(20)
  expect(job.ended).toBeLessThan(200)
  const { confirmed, returned } = job.tally
  expect(job.tally).toMatchObject({ unknown: 0, refused: 0 })
  expect(await statuses(scene)).toEqual({ sent: confirmed, failed: 400 - confirmed })
  expect(await scene.rabbit.count(scene.queue)).toBe(confirmed)

  // The cause is removed: the rest of the plan goes where it says, so it is planned anew.
  await scene.engine.engine.jobs.cancel(job.job)
  await scene.database.sql('update outbox_message set routing_key = $1', [scene.queue])
  const rest = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { brake })
  expect(rest).toMatchObject({ state: 'done', tally: { confirmed: 400 - confirmed } })
  expect(returned).toBeGreaterThan(0)
  expect(await distinctInQueue(scene)).toEqual({ all: 400, distinct: 400 })
})

test('the brake stops a run at the message that is one return too many', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 300, 10)
  const brake = { failureRatio: null, returnedMax: 4, queue: null }
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { brake, rate: 300 })
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'brake-pulled' } })
  expect(job.tally.returned).toBeGreaterThan(4)
  expect(job.tally.returned).toBeLessThan(15)
  expect(job.interruption?.reason).toContain('returned as unroutable')

  // Who continues has seen them: it stops when so many more came back.
  await scene.engine.engine.jobs.continue(job.job)
  const again = await scene.engine.ended(job.job)
  expect(again).toMatchObject({ state: 'paused', interruption: { code: 'brake-pulled' } })
  expect(again.tally.returned).toBeGreaterThan(job.tally.returned + 4)
  expect(again.tally.returned).toBeLessThan(job.tally.returned + 15)
})

test('a job whose brake was pulled by returned messages stopped again at its first answer after the repair', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 300)
  const missing = scene.rabbit.unusedName()
  await scene.database.sql('update outbox_message set routing_key = $1 where id % 10 = 0', [missing])
  const brake = { failureRatio: null, returnedMax: 4, queue: null }
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { brake, rate: 300 })
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'brake-pulled' } })

  await scene.rabbit.channel.assertQueue(missing, { durable: true })
  context.onTestFinished(async () => void (await scene.rabbit.channel.deleteQueue(missing)))
  await scene.engine.engine.jobs.continue(job.job)
  const ended = await scene.engine.ended(job.job)
  const { returned } = job.tally
  expect(ended).toMatchObject({ state: 'done', ended: 300, tally: { returned, confirmed: 300 - returned } })
})

test('the brake stops a run before a queue grows too deep for its consumers', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 2_000)
  const brake = { failureRatio: null, returnedMax: null, queue: { name: scene.queue, depthMax: 50 } }
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { brake, rate: 200 })
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'brake-pulled' } })
  expect(job.interruption?.reason).toMatch(/^the queue .* holds \d+ messages$/)
  expect(job.tally.confirmed).toBeGreaterThan(50)
  // One look a second: what went out between two of them.
  expect(job.tally.confirmed).toBeLessThan(600)
  expect(await scene.rabbit.count(scene.queue)).toBe(job.tally.confirmed)
})

test('a queue that does not exist is no limit: nothing more is sent', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 500)
  const brake = {
    failureRatio: null,
    returnedMax: null,
    queue: { name: 'redrive-no-such-queue', depthMax: 5 },
  }
  const job = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }), { brake, rate: 100 })
  expect(job).toMatchObject({
    state: 'paused',
    interruption: { code: 'brake-pulled', reason: 'the queue redrive-no-such-queue does not exist' },
  })
  expect(job.tally.confirmed).toBeLessThan(200)
})

test('what failed is tried again by a plan of the job’s own results, and nothing else is', async (context) => {
  const scene = await openScene(context)
  await addFailed(scene, 200, 20)
  const first = await scene.engine.run(await scene.engine.plan({ trouble: 'failed' }))
  expect(first).toMatchObject({ state: 'done', tally: { confirmed: 190, returned: 10 } })
  // Others fail too, for which this job is not the reason.
  await scene.database.sql(
    `insert into outbox_message (message_id, exchange, routing_key, payload, status, attempts, created_at)
     select 'other-' || i, '', $1, '{}', 'failed', 3, now() from generate_series(1, 5) i`,
    [scene.queue],
  )
  await expect(planOfJob(scene, first.job, ['refused'])).rejects.toMatchObject({ code: 'plan-empty' })
  await scene.database.sql(`update outbox_message set routing_key = $1 where status = 'failed'`, [
    scene.queue,
  ])
  const plan = await planOfJob(scene, first.job, ['returned', 'refused'])
  expect(plan).toMatchObject({ items: 10, skipped: { count: 0 } })
  expect(plan.selection).toContain(first.job)
  const second = await scene.engine.run(plan)
  expect(second).toMatchObject({ state: 'done', tally: { confirmed: 10 } })
  expect(await statuses(scene)).toEqual({ sent: 200, failed: 5 })
  expect(await distinctInQueue(scene)).toEqual({ all: 200, distinct: 200 })

  // What was confirmed is sent by now: the plan leaves it out and says so.
  await expect(planOfJob(scene, first.job, ['confirmed'])).rejects.toMatchObject({
    code: 'plan-empty',
    detail: { skipped: 190, codes: 'state-forbids' },
  })
  await expect(planOfJob(scene, 'job-none', ['returned'])).rejects.toMatchObject({ code: 'job-not-found' })
})
