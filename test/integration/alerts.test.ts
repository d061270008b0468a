import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openDatabase } from '../../src-main/adapters/store-sqlite/database.ts'
import { storeFileName } from '../../src-main/hosts/store.ts'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import type { CliFixture } from '../support/cli-fixture.ts'
import { startHook } from '../support/hook-server.ts'
import type { HookServer } from '../support/hook-server.ts'
import { openTestEngine } from '../support/test-engine.ts'
import { scratchFolder } from '../support/scratch.ts'
import { testDatabase } from '../support/postgres.ts'

interface Scene extends CliFixture {
  readonly hook: HookServer
  readonly rules: (alerts: object) => Promise<void>
  readonly actions: () => Promise<readonly string[]>
}

const many = {
  when: { measure: 'count', trouble: 'failed', above: 2 },
  forSec: 0,
  repeatSec: null,
} as const

async function scene(context: TestContext): Promise<Scene> {
  const fixture = await cliFixture(context)
  const hook = await startHook()
  onTestFinished(() => hook.close())
  const { workspaceFile } = fixture.cli
  const workspace = JSON.parse(await readFile(workspaceFile, 'utf8')) as object
  return {
    ...fixture,
    hook,
    rules: (alerts) => writeFile(workspaceFile, JSON.stringify({ ...workspace, alerts })),
    actions: async () => {
      const { records } = await fixture.cli.here('journal', 'list', '--limit', '100')
      return records.flatMap(({ action }) =>
        typeof action === 'string' && action.startsWith('alert-') ? [action] : [],
      )
    },
  }
}

/** As if the last look had been long ago. */
function aged(folder: string): Promise<void> {
  return change(folder, 'UPDATE sample_turns SET taken_ms = 0')
}

/** As if the wait before the next try were over. */
function dueNow(folder: string): Promise<void> {
  return change(folder, "UPDATE alert_notices SET next_ms = 0 WHERE state = 'due'")
}

async function change(folder: string, sql: string): Promise<void> {
  const db = openDatabase(join(folder, 'data', storeFileName))
  db.exec(sql)
  db.close()
}

test('watch --once: an alert fires once, needs a person, is told to the webhook with its secret, and is resolved', async (context) => {
  const { cli, database, queue, hook, rules, actions } = await scene(context)
  process.env['HOOK_SECRET'] = 'swordfish-17'
  await rules({
    rules: { many },
    webhook: { url: hook.url, auth: { header: 'x-redrive-secret', value: { env: 'HOOK_SECRET' } } },
  })
  const quiet = await cli.here('watch', '--once')
  expect(quiet.code).toBe(0)
  expect(quiet.records).toContainEqual(
    expect.objectContaining({ type: 'sample', name: 'orders', answered: true, failed: 0 }),
  )

  await addFailed(database, queue, 3)
  await aged(cli.folder)
  const fired = await cli.here('watch', '--once')
  expect(fired.code).toBe(3)
  expect(fired.records).toContainEqual(
    expect.objectContaining({ type: 'alert', event: 'fired', rule: 'many', value: 3 }),
  )
  expect(hook.got.map(({ body }) => body)).toMatchObject([
    { version: 1, event: 'fired', rule: 'many', subject: { kind: 'source', name: 'orders' }, value: 3 },
  ])
  expect(hook.got[0]?.headers).toMatchObject({
    'x-redrive-secret': 'swordfish-17',
    'content-type': 'application/json',
  })

  await aged(cli.folder)
  const still = await cli.here('watch', '--once')
  expect([still.code, hook.got.length]).toEqual([3, 1])

  await database.sql('delete from outbox_message')
  await aged(cli.folder)
  expect((await cli.here('watch', '--once')).code).toBe(0)
  expect(hook.got.map(({ body }) => body['event'])).toEqual(['fired', 'resolved'])
  expect(await actions()).toEqual(['alert-told', 'alert-resolved', 'alert-told', 'alert-fired'])
  const { stdout } = await cli.here('journal', 'list', '--limit', '100')
  expect(stdout).not.toContain('swordfish')
})

test('a webhook that fails is tried again, its failures are told and journalled, and nothing it wrote is kept', async (context) => {
  const { cli, database, queue, hook, rules, actions } = await scene(context)
  await rules({ rules: { many }, webhook: { url: hook.url, timeoutMs: 300 } })
  hook.answers.push(500, 'slow', 'cut')
  await addFailed(database, queue, 3)
  const first = await cli.here('watch', '--once')
  expect(first.code).toBe(3)
  expect(first.stderr).toContain('it answered 500')
  expect(await actions()).toEqual(['alert-told', 'alert-fired'])
  for (const reason of ['no answer within 300 ms', 'socket hang up', null]) {
    await dueNow(cli.folder)
    const { stderr } = await cli.here('watch', '--once')
    if (reason !== null) expect(stderr).toContain(reason)
  }
  const deliveries = hook.got.map(({ body }) => body['delivery'])
  expect(deliveries).toHaveLength(4)
  expect(new Set(deliveries).size).toBe(1)
  const { records, stdout } = await cli.here('journal', 'list', '--limit', '100')
  const told = records.filter(({ action }) => action === 'alert-told').map(({ detail }) => detail)
  expect(told).toMatchObject([
    { state: 'delivered', attempt: 4, reason: null },
    { state: 'due', attempt: 3 },
    { state: 'due', attempt: 2 },
    { state: 'due', attempt: 1, reason: 'it answered 500' },
  ])
  expect(stdout).not.toContain('a text with a secret of its own')
  // It is delivered: nobody is told again.
  await dueNow(cli.folder)
  await cli.here('watch', '--once')
  expect(hook.got).toHaveLength(4)
})

test('a source that is away says nothing of its messages; that it is away can be an alert', async (context) => {
  const { cli, rules } = await scene(context)
  const workspace = JSON.parse(await readFile(cli.workspaceFile, 'utf8')) as {
    sources: Record<string, { url: string }>
  }
  const gone = new URL(workspace.sources['orders']?.url ?? '')
  gone.port = '1'
  const { orders } = workspace.sources
  const alerts = {
    rules: {
      many: { ...many, when: { ...many.when, above: 0 } },
      away: { when: { measure: 'source-silent' }, forSec: 0 },
    },
  }
  await rules(alerts)
  await writeFile(
    cli.workspaceFile,
    JSON.stringify({ ...workspace, sources: { orders: { ...orders, url: gone.href } }, alerts }),
  )
  const { code, records, stderr } = await cli.here('watch', '--once')
  expect(code).toBe(3)
  expect(stderr).toContain('orders does not answer')
  expect(records.filter(({ type }) => type === 'alert')).toMatchObject([{ event: 'fired', rule: 'away' }])
  expect(records).toContainEqual(expect.objectContaining({ type: 'sample', answered: false, failed: null }))
})

test(
  'several processes on one store fire one alert, and tell it once',
  { timeout: 90_000 },
  async (context) => {
    const { cli, database, queue, hook, rules, actions } = await scene(context)
    await rules({ rules: { many }, webhook: { url: hook.url } })
    await addFailed(database, queue, 3)
    const ran = await Promise.all([1, 2, 3].map(() => cli.json('watch', '--once')))
    const fired = ran.flatMap(({ records }) => records.filter(({ event }) => event === 'fired'))
    expect(fired).toHaveLength(1)
    expect(hook.got.map(({ body }) => body['event'])).toEqual(['fired'])
    expect(await actions()).toEqual(['alert-told', 'alert-fired'])
    // One of them looked at the source; the others were told so.
    expect(ran.flatMap(({ records }) => records.filter(({ type }) => type === 'sample'))).toHaveLength(1)
  },
)

test('a source is counted once at a time, whoever asks', async () => {
  const database = await testDatabase()
  const counted = { now: 0, most: 0, all: 0 }
  const it = openTestEngine({
    dataDir: await scratchFolder(),
    databaseUrl: database.url,
    wrap: (ports) => ({
      ...ports,
      drivers: {
        ...ports.drivers,
        outbox: {
          ...ports.drivers.outbox,
          postgres: async (source, signal) => {
            const outbox = await ports.drivers.outbox.postgres(source, signal)
            const count: typeof outbox.count = async (filter, budgetMs, limited) => {
              if (filter.trouble !== 'failed') return outbox.count(filter, budgetMs, limited)
              counted.all += 1
              counted.most = Math.max(counted.most, (counted.now += 1))
              return outbox.count(filter, budgetMs, limited).finally(() => (counted.now -= 1))
            }
            return { ...outbox, count }
          },
        },
      },
    }),
  })
  onTestFinished(() => it.close())
  const signal = AbortSignal.timeout(20_000)
  const ask = (freshMs: number) => it.engine.counting.counts('orders', { freshMs }, signal)
  await Promise.all([ask(0), ask(0), it.engine.watch.round(30_000, signal), ask(10_000)])
  expect(counted.most).toBe(1)
  const before = counted.all
  await ask(10_000)
  expect(counted.all).toBe(before)
  await ask(0)
  expect(counted.all).toBe(before + 1)
})
