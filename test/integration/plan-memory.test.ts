import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { testDatabase } from '../support/postgres.ts'
import type { PlanMemory, PlanMemoryChild } from '../support/plan-memory-child.ts'

const CHILD = resolve(import.meta.dirname, '../support/plan-memory-child.ts')
const SMALL = 3_000
const LARGE = 60_000
const MB = 1024 * 1024
/** The items of the large plan, all in memory, would be a good deal more than this. */
const GROWTH_MAX = 8 * MB
const run = promisify(execFile)

async function planIn(options: PlanMemoryChild): Promise<PlanMemory> {
  const { stdout } = await run(process.execPath, ['--expose-gc', CHILD, JSON.stringify(options)])
  return JSON.parse(stdout) as PlanMemory
}

test('a plan of 60,000 messages takes no more memory than one of 3,000', { timeout: 120_000 }, async () => {
  const database = await testDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-memory-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const add = (from: number, to: number) =>
    database.sql(
      `insert into outbox_message (message_id, exchange, routing_key, type, payload, status, attempts, created_at)
       select 'message-' || i, '', 'queue', 'OrderPaid', jsonb_build_object('order', i, 'text', repeat('x', 1000)),
         'failed', 3, now() - interval '1 hour'
       from generate_series($1::int, $2::int) i`,
      [from, to],
    )
  await add(1, SMALL)
  const small = await planIn({ dataDir, databaseUrl: database.url })
  expect(small).toMatchObject({ items: SMALL, intact: true })
  await add(SMALL + 1, LARGE)
  const large = await planIn({ dataDir, databaseUrl: database.url })
  expect(large).toMatchObject({ items: LARGE, intact: true })
  console.log(
    `heap in use at the worst: ${(small.peak / MB).toFixed(1)} MB more for a plan of ${SMALL}, ${(large.peak / MB).toFixed(1)} MB for one of ${LARGE}`,
  )
  expect(large.peak - small.peak).toBeLessThan(GROWTH_MAX)
})
