import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { addMysqlRows, mysqlDatabase } from '../support/mysql.ts'
import { addRows, testDatabase } from '../support/postgres.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { openTestEngine } from '../support/test-engine.ts'

const never = new AbortController().signal
const MESSAGES = 40
const BATCH = 5

/** The process is frozen at that point for good: the rows are given back in the source, and the store does not say so. */
function stoppingAtRelease(ports: EnginePorts, dead: Promise<never>, reached: () => void): EnginePorts {
  const jobStore = Object.create(ports.jobStore) as EnginePorts['jobStore']
  const moveItems: EnginePorts['jobStore']['moveItems'] = async (job, owner, steps) => {
    const released = steps.some(({ moves }) =>
      moves.some(({ from, to }) => from === 'claiming' && to === 'planned'),
    )
    if (released) {
      reached()
      return dead
    }
    return ports.jobStore.moveItems(job, owner, steps)
  }
  Object.defineProperty(jobStore, 'moveItems', { value: moveItems })
  return { ...ports, jobStore }
}

test.for(['PostgreSQL', 'MariaDB'] as const)(
  'a process that dies between giving rows back and writing it down: %s; the job that goes on sends them all',
  async (server, context) => {
    const database = server === 'PostgreSQL' ? await testDatabase() : await mysqlDatabase()
    const rabbit = await openRabbitTest(context)
    const dataDir = await mkdtemp(join(tmpdir(), 'redrive-window-'))
    const dead = Promise.withResolvers<never>()
    dead.promise.catch(() => undefined)
    const reached = Promise.withResolvers<void>()
    const options = { dataDir, databaseUrl: database.url, batch: BATCH }
    const first = openTestEngine({
      ...options,
      wrap: (ports) => stoppingAtRelease(ports, dead.promise, reached.resolve),
    })
    onTestFinished(async () => {
      dead.reject(new Error('it died'))
      await first.close()
      await rm(dataDir, { recursive: true, force: true })
    })
    const queue = await rabbit.queue()
    const rows = Array.from(
      { length: MESSAGES },
      () => ({ exchange: '', routing_key: queue, status: 'failed', attempts: 3 }) as const,
    )
    await (server === 'PostgreSQL' ? addRows(database, rows) : addMysqlRows(database, rows))
    const plan = await first.plan({ trouble: 'failed' })
    await first.unlock()
    const request = { plan: plan.plan, digest: plan.digest, typedCount: null }
    const job = await first.engine.jobs.run(
      { ...request, options: { rate: 20, ramp: false, brake: null } },
      never,
    )
    await expect.poll(() => rabbit.count(queue)).toBeGreaterThan(2)
    void first.engine.jobs.pause(job.job).catch(() => undefined)
    await reached.promise

    const second = openTestEngine(options)
    onTestFinished(() => second.close())
    await second.engine.recover()
    await second.unlock()
    await second.engine.jobs.continue(job.job)
    const ended = await second.ended(job.job)
    expect(ended).toMatchObject({
      state: 'done',
      tally: { confirmed: MESSAGES, skipped: 0, unknown: 0, parked: 0 },
    })
    expect(await rabbit.count(queue)).toBe(MESSAGES)
  },
)
