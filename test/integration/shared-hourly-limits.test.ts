import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { addFailed, openScene, requestOf, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'
import type { TestEngine } from '../support/test-engine.ts'

const PER_HOUR = 10
const policy = { limits: { perHour: PER_HOUR } }
const never = new AbortController().signal

async function sharedStore(url: string): Promise<Store> {
  const store = await openSharedStore({
    url,
    password: () => Promise.resolve(serverAddress().password),
    dataDir: await mkdtemp(join(tmpdir(), 'redrive-team-')),
    clock: systemClock(),
  })
  onTestFinished(() => store.close())
  return store
}

/** Consoles on one store of a real PostgreSQL, each with its own connection to it. */
async function twoConsoles(
  context: Parameters<typeof openScene>[0],
  wrap: (ports: EnginePorts) => EnginePorts = (ports) => ports,
): Promise<{ readonly scene: Scene; readonly consoles: readonly [TestEngine, TestEngine] }> {
  const scene = await openScene(context)
  await addFailed(scene, 60)
  const { url } = scene.database
  const one = async (): Promise<TestEngine> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'redrive-team-'))
    const engine = openTestEngine({
      dataDir,
      databaseUrl: url,
      policy,
      wrap,
      store: await sharedStore(url),
    })
    onTestFinished(() => engine.close())
    await engine.unlock()
    return engine
  }
  return { scene, consoles: [await one(), await one()] }
}

async function planOf({ engine }: TestEngine, ids: readonly string[]) {
  const selection = { kind: 'ids', ids } as const
  const request = { source: testSource, selection, edit: null, redirect: null }
  return planResend(engine.ports, engine.connections, request, never)
}

function numbers(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => String(from + at))
}

/** All wait for each other where they have reckoned how much room there is, and have not written down what they do. */
function together(count: number) {
  let waiting = count
  const { promise: all, resolve } = Promise.withResolvers<void>()
  const meet = async (): Promise<void> => {
    waiting -= 1
    if (waiting <= 0) resolve()
    await Promise.race([all, new Promise((late) => setTimeout(late, 3_000))])
  }
  return (ports: EnginePorts): EnginePorts => ({
    ...ports,
    jobStore: {
      ...ports.jobStore,
      async moveItems(job, owner, steps) {
        if (steps.some(({ entry }) => entry.action === 'job-publishing')) await meet()
        return ports.jobStore.moveItems(job, owner, steps)
      },
    },
    decisionStore: {
      ...ports.decisionStore,
      async intend(decisions, entry) {
        await meet()
        return ports.decisionStore.intend(decisions, entry)
      },
    },
  })
}

test('the hour of a team is one: what a console did counts for the other', async (context) => {
  const { scene, consoles } = await twoConsoles(context)
  const [ann, ben] = consoles
  expect(await ann.run(await planOf(ann, numbers(1, PER_HOUR - 2)))).toMatchObject({ state: 'done' })
  const job = await ben.run(await planOf(ben, numbers(21, 8)))
  expect(job).toMatchObject({ state: 'paused', interruption: { code: 'limit-reached' } })
  expect((await statuses(scene))['sent']).toBe(PER_HOUR)
})

test('two consoles at the limit at the same moment: only as many messages go as the hour has room for', async (context) => {
  const { scene, consoles } = await twoConsoles(context, together(2))
  const begun = await Promise.all(
    consoles.map(async (console, at) => {
      const plan = await planOf(console, numbers(1 + at * 20, 8))
      return (await console.engine.jobs.run(requestOf(plan, {}), never)).job
    }),
  )
  const jobs = await Promise.all(consoles.map((console, at) => console.ended(begun[at] ?? '')))
  expect(jobs.map(({ state }) => state).sort()).toEqual(['done', 'paused'])
  const held = jobs.find(({ state }) => state === 'paused')
  expect(held).toMatchObject({ interruption: { code: 'limit-reached' }, tally: { unknown: 0 } })
  const { sent = 0, failed = 0 } = await statuses(scene)
  expect(sent).toBeLessThanOrEqual(PER_HOUR)
  // What was claimed and did not go is as it was.
  expect(sent + failed).toBe(60)
  expect(await scene.rabbit.count(scene.queue)).toBe(sent)
})

test('two persons who resolve at the same moment: the one who comes second is told, and nothing of it is done', async (context) => {
  const { scene, consoles } = await twoConsoles(context, together(2))
  const resolve = ({ engine }: TestEngine, from: number) => {
    const items = numbers(from, 8).map((id) => ({ id, version: null }))
    return engine.resolving.resolve(
      { source: testSource, items, reason: 'not needed', typedCount: null },
      never,
    )
  }
  const both = await Promise.allSettled(consoles.map((console, at) => resolve(console, 1 + at * 20)))
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'limit-reached' },
  })
  const [row] = await scene.database.sql(
    `select count(*) as n from outbox_message where last_error like 'Resolved in Redrive%'`,
  )
  expect(row?.['n']).toBe('8')
})
