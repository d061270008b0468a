import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRouterClient } from '@orpc/server'
import type { ConfirmChannel } from 'amqplib'
import type { Client } from 'pg'
import { pino } from 'pino'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import {
  connectTo,
  dropDatabase,
  openDatabase,
  referenceSchema,
  serverAddress,
} from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { connectRabbit, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'
import { markFloor, publishFloor } from './resend-floors.ts'

const MESSAGES = 40_000
const ROUNDS = 5
const RATIO_MIN = 0.65
/** Fixed, so that a run that was broken off is cleaned up by the next one. The queue has the exchange's name. */
const DATABASE = 'redrive_bench_resend'
const EXCHANGE = 'redrive-bench-resend'
const ROUTING_KEY = 'orders.paid'
const POLL_MS = 50
const PAYLOAD_CHARS = 340
const UNLOCK_MINUTES = 120

const FILL = `
  insert into {schema}.outbox_message
    (chain_key, message_id, exchange, routing_key, type, payload, headers, status, attempts, created_at, updated_at, last_error)
  select 'O-' || n, 'message-' || n, '${EXCHANGE}', '${ROUTING_KEY}', 'OrderPaid',
    jsonb_build_object('orderId', 'O-' || n, 'amount', n % 977 + 0.5, 'note', repeat('x', ${PAYLOAD_CHARS})),
    '{"content-type": "application/json"}', 'failed', 3, now() - interval '1 hour', now() - interval '50 minutes',
    'publish confirm timed out after 5000 ms'
  from generate_series(1, ${MESSAGES}) n`

interface Bench {
  readonly database: TestDatabase
  readonly client: Client
  readonly channel: ConfirmChannel
  readonly engine: ReturnType<typeof engineClient>
  readonly payload: string
}

/** One round: each of the three from the same beginning, in milliseconds. */
interface Round {
  readonly publishMs: number
  readonly markMs: number
  readonly engineMs: number
}

/**
 * A resend through the whole engine, journalled and marked, against the slower of two floors of the same round: what
 * the broker confirms to a bare client, and what the database claims and marks for one. All three share the machine's
 * cores with broker and database, so 1 is out of reach.
 */
export async function benchResend(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    const bench = await prepare(undo)
    await round(bench, 0)
    const ratios: number[] = []
    for (let index = 1; index <= ROUNDS; index += 1) {
      const { publishMs, markMs, engineMs } = await round(bench, index)
      ratios.push(Math.max(publishMs, markMs) / engineMs)
      const rates = [publishMs, markMs, engineMs].map((ms) => Math.round((MESSAGES * 1_000) / ms))
      print(
        `round ${index}: publish ${rates[0]} /s, claim and mark ${rates[1]} /s, resend ${rates[2]} /s, ratio ${ratios.at(-1)?.toFixed(2)}`,
      )
    }
    const value = median(ratios)
    const name = `resend of ${MESSAGES}`
    return [{ name, value, limit: RATIO_MIN, bound: 'least', ok: value >= RATIO_MIN }]
  } finally {
    for (const last of undo.reverse()) await last()
  }
}

async function prepare(undo: (() => Promise<unknown>)[]): Promise<Bench> {
  await dropDatabase(DATABASE)
  const database = await openDatabase(DATABASE, true)
  undo.push(() => dropDatabase(DATABASE))
  undo.push(() => database.close())
  await database.sql('create schema floor')
  for (const schema of ['floor', 'public']) {
    await database.sql(`set search_path to ${schema}`)
    await database.sql(await referenceSchema())
  }
  const client = await connectTo(DATABASE)
  undo.push(() => client.end())

  const connection = await connectRabbit()
  undo.push(() => connection.close())
  const channel = await connection.createConfirmChannel()
  await channel.deleteQueue(EXCHANGE)
  await channel.deleteExchange(EXCHANGE)
  await channel.assertExchange(EXCHANGE, 'direct', { durable: true })
  undo.push(() => channel.deleteExchange(EXCHANGE))
  await channel.assertQueue(EXCHANGE, { durable: true })
  undo.push(() => channel.deleteQueue(EXCHANGE))
  await channel.bindQueue(EXCHANGE, EXCHANGE, ROUTING_KEY)

  const storeDir = await mkdtemp(join(tmpdir(), 'redrive-bench-'))
  undo.push(() => rm(storeDir, { recursive: true, force: true }))
  const running = await compose({
    host: 'cli',
    version: '0.0.0',
    operator: 'bench',
    dataDir: storeDir,
    workspace: { load: async () => workspace(database), save: async () => undefined },
    secrets: createMemorySecrets({ env: {} }),
    keepsPasswords: false,
    log: pino({ level: 'silent' }),
    memoryBroker: null,
  })
  undo.push(() => running.close())
  const engine = engineClient(running)
  await engine.connections.unlock({ source: 'bench', minutes: UNLOCK_MINUTES, typedName: null }, forever())
  await refill(database, 'floor')
  const [row] = await database.sql('select payload::text from floor.outbox_message limit 1')
  return { database, client, channel, engine, payload: row?.['payload'] ?? '' }
}

function engineClient(running: Awaited<ReturnType<typeof compose>>) {
  return createRouterClient(running.router, { context: {} })
}

function forever(): { signal: AbortSignal } {
  return { signal: new AbortController().signal }
}

function workspace(database: TestDatabase): Workspace {
  const { password } = serverAddress()
  return {
    sources: {
      bench: {
        driver: 'postgres',
        url: database.url,
        ...(password === '' ? {} : { password: { value: password } }),
        environment: 'development',
        outbox: { profile: 'auto', table: 'public.outbox_message' },
        deliver: { broker: 'bench' },
        stuckAfterSec: 300,
        maxAttempts: 3,
      },
    },
    brokers: { bench: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
  }
}

/** In turn, so that none of the three always comes after the same one. */
async function round(bench: Bench, index: number): Promise<Round> {
  const measured = { publishMs: 0, markMs: 0, engineMs: 0 }
  const parts = [
    async () => (measured.publishMs = await publishPart(bench)),
    async () => (measured.markMs = await markPart(bench)),
    async () => (measured.engineMs = await enginePart(bench)),
  ]
  for (let at = 0; at < parts.length; at += 1) await parts[(index + at) % parts.length]?.()
  return measured
}

async function publishPart({ channel, payload }: Bench): Promise<number> {
  await channel.purgeQueue(EXCHANGE)
  return timed(() =>
    publishFloor(channel, { exchange: EXCHANGE, routingKey: ROUTING_KEY, payload, count: MESSAGES }),
  )
}

async function markPart({ database, client }: Bench): Promise<number> {
  await refill(database, 'floor')
  return timed(() => markFloor(client, MESSAGES))
}

/** From the call that starts the job to the end that the engine wrote down. The plan is made before. */
async function enginePart({ database, channel, engine }: Bench): Promise<number> {
  await refill(database, 'public')
  await channel.purgeQueue(EXCHANGE)
  const selection = { kind: 'filter', filter: { trouble: 'failed' } } as const
  const plan = await engine.plans.resend({ source: 'bench', selection }, forever())
  if (plan.items !== MESSAGES) throw new Error(`the plan holds ${plan.items} of ${MESSAGES}`)
  const startedAt = Date.now()
  const request = { plan: plan.plan, digest: plan.digest, typedCount: null, rate: null }
  let state = await engine.jobs.run(request, forever())
  while (state.state === 'running') {
    await sleep(POLL_MS)
    state = await engine.jobs.get({ job: state.job }, forever())
  }
  const { messageCount } = await channel.checkQueue(EXCHANGE)
  const [row] = await database.sql(`select count(*) from public.outbox_message where status = 'sent'`)
  const seen = `${state.state}, ${state.tally.confirmed} confirmed, ${messageCount} in the queue, ${row?.['count']} marked`
  if (seen !== `done, ${MESSAGES} confirmed, ${MESSAGES} in the queue, ${MESSAGES} marked`) {
    throw new Error(`the resend did not do what it should: ${seen}`)
  }
  return Date.parse(state.endedAt ?? '') - startedAt
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** The same rows in a table without dead ones, and no checkpoint due. */
async function refill(database: TestDatabase, schema: 'floor' | 'public'): Promise<void> {
  await database.sql(`truncate ${schema}.outbox_message`)
  await database.sql(FILL.replace('{schema}', schema))
  await database.sql(`vacuum (analyze) ${schema}.outbox_message`)
  await database.sql('checkpoint')
}
