import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { JobItem } from '../../src-main/domain/job.ts'
import type { CrashChild } from '../support/crash-child.ts'
import { testDatabase } from '../support/postgres.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import type { RabbitTest } from '../support/rabbitmq.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'
import type { TestEngine } from '../support/test-engine.ts'
import { verdict } from '../support/verdict.ts'

const MESSAGES = 50
/** Small, so that there are many points: claims, intents and marks of several batches overlap. */
const BATCH = 12
const CHILD = resolve(import.meta.dirname, '../support/crash-child.ts')
const POINTS_MAX = 500
/** These are one chain, the others go side by side. */
const CHAINED_EVERY = 3
const never = new AbortController().signal

function runChild(options: CrashChild): Promise<{ readonly killed: boolean; readonly output: string }> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [CHILD, JSON.stringify(options)], (error, stdout, stderr) => {
      if (error?.signal === 'SIGKILL') done({ killed: true, output: '' })
      else if (error) fail(new Error(`the child failed by itself: ${stderr}`))
      else done({ killed: false, output: stdout })
    })
  })
}

async function itemsOf(engine: TestEngine, job: string): Promise<readonly JobItem[]> {
  return engine.store.jobReader.items(job, { afterSeq: 0, limit: 1_000 })
}

test('kill -9 at every journal point of a 50-message resend: nothing lost, nothing called sent that the broker does not hold', async (context) => {
  const database = await testDatabase()
  const rabbit = await openRabbitTest(context)
  const queue = await rabbit.queue()
  let point = 0
  let unknownsSeen = 0
  for (;;) {
    point += 1
    expect(point).toBeLessThan(POINTS_MAX)
    await prepare(database, rabbit, queue)
    const dataDir = await mkdtemp(join(tmpdir(), 'redrive-crash-'))
    const child = await runChild({ dataDir, databaseUrl: database.url, batch: BATCH, crashAt: point })
    const engine = openTestEngine({ dataDir, databaseUrl: database.url, batch: BATCH })
    try {
      unknownsSeen += await checkAfter(point, { engine, database, rabbit, queue, taken: [] })
    } finally {
      await engine.close()
    }
    await rm(dataDir, { recursive: true })
    if (!child.killed) break
  }
  // The loop is worth nothing if it never killed anything, or never between a publish and its answer.
  expect(point).toBeGreaterThan(30)
  expect(unknownsSeen).toBeGreaterThan(0)
  console.log(
    `kill -9 at ${point - 1} points, ${unknownsSeen} unknown outcomes settled, lost 0, unexpected 0`,
  )
}, 540_000)

interface Scene {
  readonly engine: TestEngine
  readonly database: Awaited<ReturnType<typeof testDatabase>>
  readonly rabbit: RabbitTest
  readonly queue: string
  readonly taken: string[]
}

/** Bytes that the kernel still held when the process died reach the broker this much later at most. */
const LAST_BYTES_MS = 150

async function prepare(database: Scene['database'], rabbit: RabbitTest, queue: string): Promise<void> {
  await rabbit.drain(queue)
  await database.sql('truncate outbox_message restart identity')
  await database.sql(
    `insert into outbox_message (chain_key, message_id, exchange, routing_key, type, payload, headers, status, attempts, created_at, updated_at, last_error)
     select case when i % ${CHAINED_EVERY} = 0 then 'chain' end, 'message-' || i, '', $1, 'OrderPaid', jsonb_build_object('order', i), '{}', 'failed', 3, now() - interval '1 hour', now() - interval '1 hour', 'timeout'
     from generate_series(1, ${MESSAGES}) i`,
    [queue],
  )
}

/** What the broker has received: what was taken out before, and what is in the queue now. */
async function received({ rabbit, queue, taken }: Scene): Promise<readonly string[]> {
  taken.push(...(await rabbit.drain(queue)).map(({ messageId }) => messageId))
  return taken
}

async function sentRows(database: Scene['database']): Promise<readonly string[]> {
  const rows = await database.sql(`select message_id from outbox_message where status = 'sent'`)
  return rows.map((row) => row['message_id'] ?? '')
}

/** Restarts, compares the three places, settles what is unknown by looking into the queue, and finishes the job. */
async function checkAfter(point: number, scene: Scene): Promise<number> {
  const { engine, database } = scene
  const at = `crash point ${point}`
  await engine.engine.recover()
  await new Promise((later) => setTimeout(later, LAST_BYTES_MS))
  const held = [...(await received(scene))]
  const sent = await sentRows(database)
  expect(
    sent.filter((id) => !held.includes(id)),
    `${at}: rows sent that the broker does not hold`,
  ).toEqual([])

  const [job] = await engine.store.jobReader.jobs({ source: testSource, before: null, limit: 1 })
  const items = job ? await itemsOf(engine, job.job) : []
  const unknown = items.filter(({ result }) => result === 'unknown')
  const unsent = new Set(
    items.filter(({ itemState }) => itemState === 'planned').map(({ messageId }) => messageId),
  )
  expect(
    held.filter((id) => unsent.has(id)),
    `${at}: planned, yet in the broker`,
  ).toEqual([])
  expect(
    items.filter(({ itemState }) => itemState === 'publishing' || itemState === 'claiming'),
    `${at}: left half-way after a restart`,
  ).toEqual([])

  await engine.unlock()
  if (job) {
    await settleByLooking(engine, job.job, unknown, new Set(held))
    if (job.state === 'interrupted') {
      await engine.engine.jobs.continue(job.job)
      expect((await engine.ended(job.job)).state, at).toBe('done')
    }
  }
  await resendWhatIsLeft(engine)

  const delivered = await received(scene)
  const attempted = Array.from({ length: MESSAGES }, (_, index) => `message-${index + 1}`)
  const result = verdict({ attempted, acknowledged: await sentRows(database), delivered })
  expect(result, at).toMatchObject({ lost: [], unexpected: [], duplicated: [] })
  const chained = (ids: readonly string[]): string[] =>
    ids.filter((id) => Number(id.split('-')[1]) % CHAINED_EVERY === 0)
  expect(chained(delivered), `${at}: order of the chain`).toEqual(chained(attempted))
  expect((await sentRows(database)).length, `${at}: rows sent at the end`).toBe(MESSAGES)
  expect(await engine.store.journal.verify(never), at).toMatchObject({ intact: true })
  return unknown.length
}

async function settleByLooking(
  engine: TestEngine,
  job: string,
  unknown: readonly JobItem[],
  held: ReadonlySet<string>,
): Promise<void> {
  for (const as of ['sent', 'not-sent'] as const) {
    const seqs = unknown
      .filter(({ messageId }) => held.has(messageId) === (as === 'sent'))
      .map(({ seq }) => seq)
    if (seqs.length === 0) continue
    const result = await engine.engine.jobs.settle(job, { seqs, as, reason: 'looked into the queue' }, never)
    expect(result).toMatchObject({ settled: seqs.length, unmarked: 0 })
  }
}

async function resendWhatIsLeft(engine: TestEngine): Promise<void> {
  const { messages } = await engine.engine.messages.list(
    testSource,
    { filter: { trouble: 'failed' }, order: 'oldest', cursor: null, limit: 100 },
    never,
  )
  if (messages.length > 0)
    expect((await engine.run(await engine.plan({ trouble: 'failed' }))).state).toBe('done')
}
