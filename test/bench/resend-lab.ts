import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConfirmChannel } from 'amqplib'
import type { Client } from 'pg'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import type { Job } from '../../src-preload/contract/jobs.ts'
import type { PlanView } from '../../src-preload/contract/plans.ts'
import {
  connectTo,
  dropDatabase,
  openDatabase,
  referenceSchema,
  serverAddress,
} from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { connectRabbit, rabbit, rabbitmqctl, rabbitUrl } from '../support/rabbitmq.ts'
import { startEngine } from './engine-process.ts'
import type { EngineProcess } from './engine-process.ts'
import { markFloor, publishFloor } from './resend-floors.ts'

/** Fixed, so that a run that was broken off is cleaned up by the next one. The queue has the exchange's name. */
const DATABASE = 'redrive_bench_resend'
const EXCHANGE = 'redrive-bench-resend'
const ROUTING_KEY = 'orders.paid'
/** As often as the console's own page hears of a job's progress: asking more often would be work that no floor has. */
const POLL_MS = 250
const PAYLOAD_CHARS = 340
const UNLOCK_MINUTES = 120
/** Ends the file that all quorum queues write to, so that none of the parts has to: see decisions/resend-bench.md. */
const ROLL_OVER =
  'ra_log_wal:force_roll_over(ra_log_wal), sys:get_status(ra_log_wal), ra_log_segment_writer:await(ra_log_segment_writer).'
export const SOURCE = 'bench'

const fill = (schema: string, messages: number): string => `
  insert into ${schema}.outbox_message
    (chain_key, message_id, exchange, routing_key, type, payload, headers, status, attempts, created_at, updated_at, last_error)
  select 'O-' || n, 'message-' || n, '${EXCHANGE}', '${ROUTING_KEY}', 'OrderPaid',
    jsonb_build_object('orderId', 'O-' || n, 'amount', n % 977 + 0.5, 'note', repeat('x', ${PAYLOAD_CHARS})),
    '{"content-type": "application/json"}', 'failed', 3, now() - interval '1 hour', now() - interval '50 minutes',
    'publish confirm timed out after 5000 ms'
  from generate_series(1, ${messages}) n`

/** One round: each of the three from the same beginning, in milliseconds. */
export interface Round {
  readonly publishMs: number
  readonly markMs: number
  readonly engineMs: number
}

/** An outbox, a queue and an engine to measure a resend with, beside the floors of both servers. */
export interface ResendLab {
  readonly engine: EngineProcess
  round(index: number): Promise<Round>
  /** Fresh rows and an empty queue, and a plan of all of them. */
  plan(): Promise<PlanView>
  run(plan: PlanView): Promise<Job>
  /** Until the job no longer runs. */
  ended(job: string): Promise<Job>
  close(): Promise<void>
}

export interface LabOptions {
  readonly messages: number
  readonly queueType: 'classic' | 'quorum'
}

interface Parts extends LabOptions {
  readonly database: TestDatabase
  readonly client: Client
  readonly channel: ConfirmChannel
  readonly engine: EngineProcess
}

export async function openResendLab(options: LabOptions): Promise<ResendLab> {
  const undo: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const last of undo.splice(0).reverse()) await last()
  }
  try {
    const parts = { ...options, ...(await open(options, undo)) }
    return { ...labOf(parts), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open({ queueType }: LabOptions, undo: (() => Promise<unknown>)[]) {
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
  await channel.assertQueue(EXCHANGE, { durable: true, arguments: { 'x-queue-type': queueType } })
  undo.push(() => channel.deleteQueue(EXCHANGE))
  await channel.bindQueue(EXCHANGE, EXCHANGE, ROUTING_KEY)
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-bench-'))
  undo.push(() => rm(dataDir, { recursive: true, force: true }))
  const engine = await startEngine({ dataDir, workspace: workspaceOf(database) })
  undo.push(() => engine.close())
  await engine.call('connections.unlock', { source: SOURCE, minutes: UNLOCK_MINUTES, typedName: null })
  return { database, client, channel, engine }
}

function labOf(parts: Parts): Omit<ResendLab, 'close'> {
  const { engine } = parts
  const ended = async (id: string): Promise<Job> => {
    for (;;) {
      const job = await engine.call('jobs.get', { job: id })
      if (job.state !== 'running') return job
      await sleep(POLL_MS)
    }
  }
  const plan = async (): Promise<PlanView> => {
    await refill(parts, 'public')
    await purge(parts)
    const selection = { kind: 'filter', filter: { trouble: 'failed' } }
    const made = await engine.call('plans.resend', { source: SOURCE, selection, edit: null, redirect: null })
    if (made.items !== parts.messages) throw new Error(`the plan holds ${made.items} of ${parts.messages}`)
    return made
  }
  const run = ({ plan: id, digest }: PlanView): Promise<Job> => {
    const options = { rate: null, ramp: false, brake: null }
    return engine.call('jobs.run', { plan: id, digest, typedCount: null, ...options })
  }
  const enginePart = async (): Promise<number> => {
    const { job } = await run(await plan())
    const done = await ended(job)
    await requireAll(parts, done)
    return Date.parse(done.endedAt ?? '') - Date.parse(done.createdAt)
  }
  return {
    engine,
    ended,
    plan,
    run,
    /** In turn, so that none of the three always comes after the same one. */
    async round(index) {
      const measured = { publishMs: 0, markMs: 0, engineMs: 0 }
      const work = [
        async () => (measured.publishMs = await publishPart(parts)),
        async () => (measured.markMs = await markPart(parts)),
        async () => (measured.engineMs = await enginePart()),
      ]
      for (let at = 0; at < work.length; at += 1) await work[(index + at) % work.length]?.()
      return measured
    },
  }
}

/** Nothing counts that did not do what it should: every message in the queue once, every row marked. */
async function requireAll({ channel, database, messages }: Parts, job: Job): Promise<void> {
  const { messageCount } = await channel.checkQueue(EXCHANGE)
  const [row] = await database.sql(`select count(*) from public.outbox_message where status = 'sent'`)
  const { state, tally } = job
  const seen = `${state}, ${tally.confirmed} confirmed, ${messageCount} in the queue, ${row?.['count']} marked`
  if (seen === `done, ${messages} confirmed, ${messages} in the queue, ${messages} marked`) return
  throw new Error(`the resend did not do what it should: ${seen}`)
}

async function publishPart(parts: Parts): Promise<number> {
  await purge(parts)
  const [row] = await parts.database.sql('select payload::text from floor.outbox_message limit 1')
  const payload = row?.['payload'] ?? (await firstPayload(parts))
  const { channel, messages: count } = parts
  const job = { exchange: EXCHANGE, routingKey: ROUTING_KEY, payload, count }
  return timed(() => publishFloor(channel, job))
}

async function firstPayload(parts: Parts): Promise<string> {
  await refill(parts, 'floor')
  const [row] = await parts.database.sql('select payload::text from floor.outbox_message limit 1')
  return row?.['payload'] ?? ''
}

async function markPart(parts: Parts): Promise<number> {
  await refill(parts, 'floor')
  return timed(() => markFloor(parts.client, parts.messages))
}

async function purge({ channel, queueType }: Parts): Promise<void> {
  await channel.purgeQueue(EXCHANGE)
  if (queueType === 'quorum') await rabbitmqctl('eval', ROLL_OVER)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** The same rows in a table without dead ones, and no checkpoint due. */
async function refill({ database, messages }: Parts, schema: 'floor' | 'public'): Promise<void> {
  await database.sql(`truncate ${schema}.outbox_message`)
  await database.sql(fill(schema, messages))
  await database.sql(`vacuum (analyze) ${schema}.outbox_message`)
  await database.sql('checkpoint')
}

function workspaceOf(database: TestDatabase): Workspace {
  const { password } = serverAddress()
  return {
    sources: {
      [SOURCE]: {
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
