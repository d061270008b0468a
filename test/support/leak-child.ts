/**
 * Starts, finishes, pauses, continues and cancels jobs in a process of its own and tells what each of them left behind.
 * Needs `--expose-gc`. Argument: LeakChild as JSON; prints LeakReport.
 */
import pg from 'pg'
import type { JobState } from '../../src-main/domain/job.ts'
import { serverAddress } from './postgres-server.ts'
import { rabbit } from './rabbitmq.ts'
import { openTcpProxy } from './tcp-proxy.ts'
import { openTestEngine } from './test-engine.ts'

export interface LeakChild {
  readonly dataDir: string
  readonly databaseUrl: string
  readonly queue: string
  readonly jobs: number
}

export interface Footprint {
  readonly heapBytes: number
  readonly timers: number
  /** Sockets to PostgreSQL and to RabbitMQ, counted by a proxy before each. */
  readonly sourceConnections: number
  readonly brokerConnections: number
  /** In pg_stat_activity, the one that asks not counted. */
  readonly backends: number
}

export interface LeakReport {
  readonly states: Readonly<Partial<Record<JobState, number>>>
  /** After the first jobs, when every cache is filled. */
  readonly before: Footprint
  readonly after: Footprint
  /** With the engine closed. */
  readonly closed: Footprint
}

const WARM_JOBS = 20
const ROWS = 30
const QUIET_MS = 500
const never = new AbortController().signal

const { dataDir, databaseUrl, queue, jobs } = JSON.parse(process.argv[2] ?? '{}') as LeakChild
const [source, broker] = [await openTcpProxy(serverAddress()), await openTcpProxy(rabbit)]
const address = new URL(databaseUrl)
address.port = String(source.port)
const admin = new pg.Client({ connectionString: databaseUrl, password: serverAddress().password })
await admin.connect()
const engine = openTestEngine({ dataDir, databaseUrl: address.href, brokerPort: broker.port, batch: 10 })
await engine.unlock()

const states: Partial<Record<JobState, number>> = {}
for (let job = 1; job <= WARM_JOBS; job += 1) await oneJob(job)
const before = await footprint()
for (let job = WARM_JOBS + 1; job <= WARM_JOBS + jobs; job += 1) {
  const state = await oneJob(job)
  states[state] = (states[state] ?? 0) + 1
}
const after = await footprint()
// What the cancelled ones left, so that every message has been sent once in the end.
const left = await admin.query(`select from outbox_message where status = 'failed' limit 1`)
if (left.rowCount === 1) await engine.run(await engine.plan({ trouble: 'failed' }))
await engine.close()
const closed = await footprint()
console.log(JSON.stringify({ states, before, after, closed } satisfies LeakReport))
await admin.end()
await source.close()
await broker.close()

/** One of four lives: finished; cancelled at once; paused and cancelled; paused and finished. */
async function oneJob(number: number): Promise<JobState> {
  await admin.query(
    `insert into outbox_message (message_id, exchange, routing_key, payload, status, attempts, created_at)
     select 'message-' || $1::int || '-' || i, '', $2, '{}', 'failed', 3, now() - interval '1 hour'
     from generate_series(1, ${ROWS}) i`,
    [number, queue],
  )
  const { plan, digest } = await engine.plan({ trouble: 'failed' })
  const options = { rate: null, ramp: number % 3 === 0, brake: null }
  const { jobs: all } = engine.engine
  const { job } = await all.run({ plan, digest, typedCount: null, options }, never)
  const life = number % 4
  // Where it was over before anybody could stop it, it is a finished one.
  if (life === 1) await all.cancel(job).catch(() => undefined)
  if (life >= 2) await all.pause(job).catch(() => undefined)
  const { state } = await engine.ended(job)
  if (state === 'paused') await (life === 2 ? all.cancel(job) : all.continue(job))
  return (await engine.ended(job)).state
}

async function footprint(): Promise<Footprint> {
  await new Promise((later) => setTimeout(later, QUIET_MS))
  for (let round = 0; round < 3; round += 1) globalThis.gc?.()
  const { rows } = await admin.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
     and backend_type = 'client backend'`,
  )
  return {
    heapBytes: process.memoryUsage().heapUsed,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    sourceConnections: source.connections(),
    brokerConnections: broker.connections(),
    // The test that started this has a connection of its own.
    backends: (rows[0]?.n ?? 0) - 1,
  }
}
