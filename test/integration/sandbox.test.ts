import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { OutgoingMessage } from '../../src-main/domain/outcome.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { publish } from '../../src-main/ports/broker.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import { identify } from '../../src-main/sandbox/processes.ts'
import { startSandbox } from '../../src-main/sandbox/start-sandbox.ts'
import type { Sandbox } from '../../src-main/sandbox/start-sandbox.ts'
import { sharedSandbox, sql, start, temporaryFolder, until } from '../support/sandbox-run.ts'

const SANDBOX_MODULE = resolve(import.meta.dirname, '../../src-main/sandbox/start-sandbox.ts')

/** Pids of the server and of whatever it has started, by its folder. */
async function serverPid(dataDir: string): Promise<number> {
  const [run] = await readdir(join(dataDir, 'sandbox'))
  const owner = JSON.parse(await readFile(join(dataDir, 'sandbox', run!, 'owner.json'), 'utf8'))
  const [pid] = (await readFile(join(owner.home, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

const COUNTS = `
  select status || case
      when status = 'pending' and next_attempt_at > now() then ' scheduled'
      when status = 'pending' and attempts > 0 then ' retrying' else '' end as state,
    count(*)::int as count
  from outbox_message group by 1`

async function counts(sandbox: Sandbox, source: string): Promise<Record<string, number>> {
  const rows = await sql<{ state: string; count: number }>(sandbox, source, COUNTS)
  return Object.fromEntries(rows.map((row) => [row.state, row.count]))
}

function message(exchange: string, routingKey: string): OutgoingMessage {
  return {
    messageId: 'probe',
    type: null,
    destination: { exchange, routingKey },
    payload: '{}',
    headers: null,
    redriveHeaders: {},
  }
}

function openBroker(sandbox: Sandbox): Broker {
  return sandbox.memoryBroker({
    config: { driver: 'memory', url: 'memory://sandbox' },
    password: () => Promise.resolve(null),
  })
}

// They follow one another in one sandbox: what is told is looked at first, what writes into its tables comes last.
describe('a sandbox that runs', () => {
  const shared = sharedSandbox()

  test('it tells a believable story in two outboxes', async () => {
    const sandbox = shared()
    const shop = await counts(sandbox, 'shop-orders')
    const payroll = await counts(sandbox, 'payroll')
    expect(shop['sent']! + payroll['sent']!).toBeGreaterThan(5_500)
    expect(shop['failed']).toBeGreaterThanOrEqual(130)
    expect(payroll['failed']).toBeGreaterThanOrEqual(25)
    expect(shop['pending']).toBeGreaterThanOrEqual(30)
    expect(shop['sending']! + payroll['sending']!).toBeGreaterThanOrEqual(8)
    expect(shop['pending scheduled']).toBeGreaterThanOrEqual(20)
    expect(shop['pending retrying']).toBeGreaterThanOrEqual(3)

    const [facts] = await sql<Record<string, number>>(
      sandbox,
      'shop-orders',
      `select count(distinct last_error) filter (where status = 'failed')::int as causes,
         count(*) filter (where status = 'failed' and attempts <> 3)::int as not_three,
         count(*) filter (where created_at > now() or created_at < now() - interval '73 hours')::int as out_of_time,
         count(*) filter (where payload::text like '%王小明%')::int as chinese,
         count(distinct chain_key)::int as chains
       from outbox_message`,
    )
    expect(facts).toMatchObject({ not_three: 0, out_of_time: 0 })
    expect(facts!['causes']).toBeGreaterThanOrEqual(7)
    expect(facts!['chinese']).toBeGreaterThan(10)
    expect(facts!['chains']).toBeGreaterThan(1_000)

    for (const source of ['shop-orders', 'payroll']) {
      const broken = await sql(
        sandbox,
        source,
        `select id from (select id, prev_id, lag(id) over (partition by chain_key order by id) as expected
           from outbox_message) linked where prev_id is distinct from expected`,
      )
      expect(broken, `${source}: every message names the one before it`).toEqual([])
    }
    const big = await sql<{ reference: string }>(
      sandbox,
      'shop-orders',
      `select payload ->> 'ledgerReference' as reference from outbox_message where type = 'OrderPaid' limit 1`,
    )
    expect(BigInt(big[0]!.reference)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER))
    expect(sandbox.warnings).toEqual([])
  })

  test('the broker answers in every way that there is', async () => {
    const sandbox = shared()
    const { signal } = new AbortController()
    const broker = openBroker(sandbox)
    const publisher = await broker.openPublisher(signal)
    const answer = (exchange: string, routingKey: string) =>
      publish(publisher, message(exchange, routingKey), signal)
    expect(await answer('payments', 'payments.captured')).toEqual({ outcome: 'confirmed' })
    expect(await answer('orders', 'giftcards.issued')).toMatchObject({
      outcome: 'returned',
      code: 'unroutable',
    })
    expect(await answer('loyalty', 'points.earned')).toMatchObject({
      outcome: 'refused',
      code: 'exchange-missing',
    })
    expect(await answer('payments', 'payments.settlement')).toMatchObject({
      outcome: 'refused',
      code: 'broker-refused',
    })
    const carrier = await Promise.all(
      Array.from({ length: 60 }, () => answer('shipments', 'shipments.south.delivered')),
    )
    const words = carrier.map(({ outcome }) => outcome)
    expect(new Set(words)).toEqual(new Set(['confirmed', 'unknown']))

    // A connection test closes what it opened; the others go on.
    await openBroker(sandbox).close()
    expect(await answer('payments', 'payments.captured')).toEqual({ outcome: 'confirmed' })
    await broker.close()
  })

  test('a resend in the sandbox meets every outcome', { timeout: 60_000 }, async () => {
    const sandbox = shared()
    const engine = await compose({
      host: 'http',
      version: '0.0.0',
      operator: 'tester',
      dataDir: sandbox.storeDir,
      workspace: sandbox.workspace,
      workspacePath: null,
      secrets: createMemorySecrets({ env: {} }),
      keepsPasswords: false,
      log: pino({ level: 'silent' }),
      memoryBroker: sandbox.memoryBroker,
    })
    onTestFinished(() => engine.close())
    const client = createRouterClient(engine.router, calling())
    const options = { signal: new AbortController().signal }
    const overview = await client.overview.source({ source: 'shop-orders' }, options)
    const failed = overview.troubles?.find(({ trouble }) => trouble === 'failed')
    expect(failed?.count).toBeGreaterThanOrEqual(130)
    expect(overview.troubles?.find(({ trouble }) => trouble === 'stuck')?.count).toBeGreaterThanOrEqual(40)

    await client.connections.unlock({ source: 'shop-orders', minutes: 5, typedName: null }, options)
    const selection = { kind: 'filter' as const, filter: { trouble: 'failed' as const } }
    const request = { source: 'shop-orders', selection, edit: null, redirect: null }
    const plan = await client.plans.resend(request, options)
    const started = await client.jobs.run(
      { plan: plan.plan, digest: plan.digest, typedCount: null, rate: null, ramp: false, brake: null },
      options,
    )
    await until(
      'the job is done',
      async () => (await client.jobs.get({ job: started.job }, options)).state === 'done',
    )
    const { tally } = await client.jobs.get({ job: started.job }, options)
    expect(tally.confirmed).toBeGreaterThan(50)
    expect(tally.returned).toBeGreaterThan(5)
    expect(tally.refused).toBeGreaterThan(20)
    expect(tally.unknown).toBeGreaterThan(0)
  })

  test('services and relays go on: messages are written, sent, and fail for good', async () => {
    const sandbox = shared()
    const [before] = await sql<{ id: string }>(sandbox, 'payroll', 'select max(id) as id from outbox_message')
    await until('a new message was sent', async () => {
      const rows = await sql(
        sandbox,
        'payroll',
        `select 1 from outbox_message where id > ${before!.id} and status = 'sent' and attempts >= 1`,
      )
      return rows.length > 0
    })
    const [doomed] = await sql<{ id: string }>(
      sandbox,
      'payroll',
      `update outbox_message set status = 'pending', attempts = 2, routing_key = 'garnishment.filed'
       where id = (select min(id) from outbox_message) returning id`,
    )
    await until('the third attempt failed for good', async () => {
      const [row] = await sql<{ status: string; attempts: number; last_error: string }>(
        sandbox,
        'payroll',
        `select status, attempts, last_error from outbox_message where id = ${doomed!.id}`,
      )
      return row!.status === 'failed' && row!.attempts === 3 && /NO_ROUTE/.test(row!.last_error)
    })
    const claimed = await sql<{ id: string }>(
      sandbox,
      'shop-orders',
      `update outbox_message set status = 'sending', attempts = attempts + 1, last_error = 'redrive:token'
       where id in (select id from outbox_message where status = 'pending' order by id limit 3) returning id`,
    )
    await new Promise((done) => setTimeout(done, 3_000))
    const after = await sql<{ status: string }>(
      sandbox,
      'shop-orders',
      `select distinct status || ' ' || last_error as status from outbox_message
       where id in (${claimed.map(({ id }) => id).join(',')})`,
    )
    expect(after, 'the relay leaves alone what Redrive has claimed').toEqual([
      { status: 'sending redrive:token' },
    ])
  })
})

test('a second start begins at the beginning, and an end leaves nothing behind', async () => {
  const dataDir = await temporaryFolder()
  const first = await start(dataDir)
  const pid = await serverPid(dataDir)
  await sql(first, 'payroll', `update outbox_message set status = 'sent' where status <> 'sent'`)
  await first.workspace.save({ sources: {}, brokers: {} })
  await first.close()
  expect(await identify(pid), 'the server has ended').toBeNull()
  expect(await readdir(join(dataDir, 'sandbox'))).toEqual([])

  const second = await start(dataDir)
  expect(Object.keys((await second.workspace.load()).sources)).toEqual([
    'shop-orders',
    'payroll',
    'ledger',
    'bookings',
    'branch-office',
    'basket-staged',
  ])
  expect((await counts(second, 'payroll'))['failed']).toBeGreaterThanOrEqual(25)
  expect(first.storeDir).not.toBe(second.storeDir)
})

/** A sandbox in a process of its own. */
async function startChild(dataDir: string): Promise<{ kill9: () => Promise<void>; pid: number }> {
  const script = `
    const { startSandbox } = await import(${JSON.stringify(SANDBOX_MODULE)})
    const { pino } = await import('pino')
    await startSandbox({ dataDir: ${JSON.stringify(dataDir)}, log: pino({ level: 'silent' }) })
    console.log('started')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const kill9 = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { kill9, pid: await serverPid(dataDir) }
}

/** The process that would end the server `pid`. */
async function watchdogOf(pid: number): Promise<number> {
  for (const entry of await readdir('/proc')) {
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(`redrive-sandbox-watchdog\0${pid}\0`)) return Number(entry)
  }
  throw new Error(`nobody watches over ${pid}`)
}

test('kill -9 of the process ends its server too', async () => {
  const dataDir = await temporaryFolder()
  const { kill9, pid } = await startChild(dataDir)
  await kill9()
  await until('the server has ended', async () => (await identify(pid)) === null)
  const next = await start(dataDir)
  expect(await readdir(join(dataDir, 'sandbox')), 'the folder that was left is gone').toHaveLength(1)
  expect((await counts(next, 'shop-orders'))['failed']).toBeGreaterThanOrEqual(130)
})

// Three starts, on a machine that may be busy.
test(
  'a server that nobody ended is ended by the next start; a live sandbox is left alone',
  { timeout: 90_000 },
  async () => {
    const dataDir = await temporaryFolder()
    const { kill9, pid } = await startChild(dataDir)
    const beside = await start(dataDir)
    expect(await identify(pid), 'the first one is alive: it keeps its server').not.toBeNull()
    await beside.close()

    process.kill(await watchdogOf(pid), 'SIGKILL')
    await kill9()
    expect(await identify(pid), 'nobody could tell the server').not.toBeNull()
    await start(dataDir)
    expect(await identify(pid)).toBeNull()
    expect(await readdir(join(dataDir, 'sandbox'))).toHaveLength(1)
  },
)

test('it starts where the database account may not look, and stops on an aborted start', async () => {
  const dataDir = join(await temporaryFolder(), 'private')
  await mkdir(dataDir, { mode: 0o700 })
  const sandbox = await start(dataDir)
  expect((await counts(sandbox, 'payroll'))['sent']).toBeGreaterThan(1_000)
  await sandbox.close()

  const stop = new AbortController()
  const starting = startSandbox({ dataDir, log: pino({ level: 'silent' }), signal: stop.signal })
  setTimeout(() => stop.abort(), 300)
  await expect(starting).rejects.toThrow()
  expect(await readdir(join(dataDir, 'sandbox'))).toEqual([])
})
