import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { TestContext } from 'vitest'
import type { RunRequest } from '../../src-main/app/jobs/jobs.ts'
import type { Job, JobItem, RunOptions } from '../../src-main/domain/job.ts'
import type { Plan, PlanItem } from '../../src-main/domain/plan.ts'
import { testDatabase } from './postgres.ts'
import type { TestDatabase } from './postgres-server.ts'
import { openRabbitTest } from './rabbitmq.ts'
import type { RabbitTest } from './rabbitmq.ts'
import { runOptions } from './store-samples.ts'
import { openTestEngine } from './test-engine.ts'
import type { TestEngine, TestEngineOptions } from './test-engine.ts'

/** One engine between a database and a queue of its own. */
export interface Scene {
  readonly engine: TestEngine
  readonly database: TestDatabase
  readonly rabbit: RabbitTest
  readonly queue: string
  readonly dataDir: string
}

const ITEMS_MAX = 200_000

/** `databasePort`: of a proxy in front of the database. Closed when the test ends. */
export async function openScene(
  context: TestContext,
  options: Partial<TestEngineOptions> & { readonly databasePort?: number } = {},
): Promise<Scene> {
  const { databasePort, ...rest } = options
  const database = await testDatabase()
  const rabbit = await openRabbitTest(context)
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-engine-'))
  const address = new URL(database.url)
  if (databasePort !== undefined) address.port = String(databasePort)
  const engine = openTestEngine({ dataDir, databaseUrl: address.href, batch: 20, ...rest })
  onTestFinished(async () => {
    await engine.close()
    await rm(dataDir, { recursive: true })
  })
  return { engine, database, rabbit, queue: await rabbit.queue(), dataDir }
}

/** Failed messages to the queue through the default exchange; every `lostEvery`th has no queue. */
export async function addFailed({ database, queue }: Scene, count: number, lostEvery = 0): Promise<void> {
  await database.sql(
    `insert into outbox_message (message_id, exchange, routing_key, type, payload, headers, status, attempts, created_at, updated_at, last_error)
     select 'message-' || i, '', case when $2::int > 0 and i % $2::int = 0 then 'redrive-no-such-queue' else $1 end, 'OrderPaid',
       jsonb_build_object('order', i), '{"x-trace": "t"}', 'failed', 3, now() - interval '1 hour', now() - interval '1 hour', 'timeout'
     from generate_series(1, $3::int) i`,
    [queue, lostEvery, count],
  )
}

/** Rows by their status. */
export async function statuses({ database }: Scene): Promise<Record<string, number>> {
  const rows = await database.sql('select status, count(*) as n from outbox_message group by status')
  return Object.fromEntries(rows.map((row) => [row['status'] ?? '', Number(row['n'])]))
}

export function itemsOf({ engine }: Scene, { job }: Job): Promise<readonly JobItem[]> {
  return engine.store.jobReader.items(job, { afterSeq: 0, limit: ITEMS_MAX })
}

export function planItemsOf({ engine }: Scene, { plan }: Plan): Promise<readonly PlanItem[]> {
  return engine.store.jobs.planItems(plan, 0, ITEMS_MAX)
}

/** The whole plan, with these options. */
export function requestOf({ plan, digest }: Plan, options: Partial<RunOptions>): RunRequest {
  return { plan, digest, typedCount: null, options: { ...runOptions, ...options } }
}

/** Resolves when `holds` says so; fails the test after a while. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < EVENTUALLY_MS_MAX; waitedMs += EVENTUALLY_STEP_MS) {
    if (await holds()) return
    await new Promise((later) => setTimeout(later, EVENTUALLY_STEP_MS))
  }
  throw new Error(`waited in vain: ${what}`)
}

const EVENTUALLY_MS_MAX = 20_000
const EVENTUALLY_STEP_MS = 10
