import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { connectToRedis } from '../support/redis.ts'
import { startRedis, startRedisSet, until } from '../support/redis-nodes.ts'
import type { RedisNode, RedisSet } from '../support/redis-nodes.ts'
import type { SweepChild, SweepDone } from '../support/sweep-child.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { startToldChild } from '../support/told-child.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'
import { openQueue } from './sink.ts'

const HOST = '127.0.0.1'
const TABLE = 'staged:*'
/** Shorter than what a sentinel waits before it leads a replica back to its primary. */
const BEHIND_MS = 2_000
const POLL_MS = 500
const STAGE_TOGETHER = 5_000
const END_MS_MAX = 500_000
const BATCH = 500
const JOBS_MAX = 100_000
const PAGE = 10_000
const JOURNAL_PAGE = 500
const forgottenRows = z.looseObject({ forgotten: z.array(z.string()).optional() })
/** Part of the messages that is gone when the server dies. */
const KILLED_AT = 0.4

interface Lab {
  /** How the sweepers get there. */
  readonly url: string
  /** The server that has the messages now. */
  now(): RedisNode
  /** Kills it, and waits until another one, or the same one, answers with what it has kept. */
  fail(): Promise<void>
}

/** A primary and its replica, in front of a sentinel: the primary dies with what it had not handed on. */
export function redisFailover(count: number): Promise<Score> {
  return failover('Redis: failover to the replica', count, (set) => set.primary.stop('SIGKILL'))
}

/** The same with a replica that has heard nothing for a while: what was sent by then is staged again, and nobody minds. */
export function redisBehind(count: number): Promise<Score> {
  return failover('Redis: failover to a replica that is behind', count, async ({ primary, replica }) => {
    const proxy = await openTcpProxy({ host: HOST, port: primary.port })
    try {
      await replica.ask('REPLICAOF', HOST, String(proxy.port))
      await until('the replica follows through the proxy', async () =>
        String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
      )
      proxy.blackHole('down')
      await sleep(BEHIND_MS)
      await primary.stop('SIGKILL')
    } finally {
      await proxy.close()
    }
  })
}

async function failover(
  scenario: string,
  count: number,
  kill: (set: RedisSet) => Promise<void>,
): Promise<Score> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-redis-'))
  const set = await startRedisSet(folder, { appendonly: 'yes', appendfsync: 'everysec' })
  let leading = set.primary
  try {
    return await sweepThrough(scenario, count, {
      url: set.url,
      now: () => leading,
      async fail() {
        await kill(set)
        await until('the replica leads', async () =>
          String(await set.replica.ask('ROLE')).startsWith('master'),
        )
        leading = set.replica
      },
    })
  } finally {
    await set.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** One server that writes each change to the disk before it answers, killed and started again. */
export async function redisKilled(count: number): Promise<Score> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-redis-'))
  const node = await startRedis({ folder, settings: { appendonly: 'yes', appendfsync: 'always' } })
  try {
    return await sweepThrough('Redis: kill -9, appendfsync always', count, {
      url: node.url,
      now: () => node,
      async fail() {
        await node.stop('SIGKILL')
        await sleep(POLL_MS)
        await node.start()
      },
    })
  } finally {
    await node.stop('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

async function sweepThrough(scenario: string, count: number, lab: Lab): Promise<Score> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-sweepers-'))
  const sink = await openQueue(`redrive-redis-${randomBytes(4).toString('hex')}`, undefined)
  try {
    const attempted = await stage(lab.now(), sink.queue, count)
    const dataDirs = [join(folder, 'one'), join(folder, 'two')]
    const consoles = dataDirs.map((dataDir) => startSweeper(dataDir, lab.url))
    await Promise.all(consoles.map(({ ready }) => ready))
    for (const one of consoles) one.begin()
    await until(
      'part of it is sent',
      async () => (await left(lab.now())) < count * (1 - KILLED_AT),
      END_MS_MAX,
    )
    await lab.fail()
    const broken: string[] = []
    await until('nothing is staged any more', async () => (await left(lab.now())) === 0, END_MS_MAX).catch(
      async (error: unknown) => void broken.push(`${String(error)}: ${await left(lab.now())} are left`),
    )
    const done = await Promise.all(consoles.map((one) => one.stop()))
    const delivered = await sink.take()
    const booked = (await Promise.all(dataDirs.map(confirmedIn))).flat()
    const unknown = done.reduce((sum, one) => sum + one.unknown, 0)
    const acknowledged = [...new Set(booked)]
    // Each delivery stands in the books of one of the two: what was sent again was claimed again, and nobody sent unseen.
    if (delivered.length > booked.length + unknown)
      broken.push(`${delivered.length} deliveries, and ${booked.length} of them in the books`)
    const forgotten = (await Promise.all(dataDirs.map(markedAgainIn))).reduce((sum, one) => sum + one, 0)
    if (forgotten > 0)
      console.log(
        `# ${scenario}: ${forgotten} messages were claimed as before the mark; marked again, not sent again`,
      )
    const again = booked.length - acknowledged.length
    if (again > 0)
      console.log(
        `# ${scenario}: ${again} confirmed messages were staged again by the server; each was claimed and sent again`,
      )
    return scoreOf(scenario, { attempted, acknowledged, delivered, unknown: unknown + again, broken })
  } finally {
    await sink.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function stage(node: RedisNode, queue: string, count: number): Promise<readonly string[]> {
  const redis = await connectToRedis(node.url)
  const ids = Array.from({ length: count }, (_, at) => `message-${at + 1}`)
  const created = Date.now() - 3_600_000
  for (let at = 0; at < count; at += STAGE_TOGETHER) {
    const pipeline = redis.pipeline()
    for (const id of ids.slice(at, at + STAGE_TOGETHER))
      pipeline.hset(`staged:${id}`, {
        message_id: id,
        type: 'OrderPaid',
        routing_key: queue,
        payload: `{"of":"${id}"}`,
        created_at: created,
      })
    await pipeline.exec()
  }
  redis.disconnect()
  return ids
}

/** Messages, not Redrive's own keys. */
async function left(node: RedisNode): Promise<number> {
  const redis = await connectToRedis(node.url)
  try {
    let [cursor, found] = ['0', 0]
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', TABLE, 'COUNT', 10_000)
      found += keys.length
      cursor = next
    } while (cursor !== '0')
    return found
  } finally {
    redis.disconnect()
  }
}

function startSweeper(dataDir: string, databaseUrl: string) {
  const sweep = { ...quickSweep, order: 'none' as const, batch: BATCH }
  const argument: SweepChild = { dataDir, databaseUrl, table: TABLE, batch: BATCH, sweep }
  return startToldChild<SweepDone>('sweep-child.ts', argument)
}

/** Message ids of what a sweeper's own books call confirmed, each as often as it was. */
async function confirmedIn(dataDir: string): Promise<readonly string[]> {
  const store = openStore({ path: join(dataDir, 'redrive.db'), clock: systemClock() })
  try {
    const ids: string[] = []
    for (const { job } of await store.jobReader.jobs({ before: null, limit: JOBS_MAX })) {
      let afterSeq = 0
      for (;;) {
        const items = await store.jobReader.items(job, { results: ['confirmed'], afterSeq, limit: PAGE })
        ids.push(...items.map(({ messageId }) => messageId))
        if (items.length < PAGE) break
        afterSeq = items.at(-1)?.seq ?? 0
      }
    }
    return ids
  } finally {
    await store.close()
  }
}

/** Rows whose mark the server had forgotten, as a sweeper's journal tells. */
async function markedAgainIn(dataDir: string): Promise<number> {
  const store = openStore({ path: join(dataDir, 'redrive.db'), clock: systemClock() })
  try {
    let count = 0
    let cursor: number | null = null
    for (;;) {
      const entries = await store.journal.list({ order: 'oldest', cursor, limit: JOURNAL_PAGE })
      for (const { action, detail } of entries)
        if (action === 'job-recovered') count += forgottenRows.parse(detail).forgotten?.length ?? 0
      if (entries.length < JOURNAL_PAGE) return count
      cursor = entries.at(-1)?.seq ?? null
    }
  } finally {
    await store.close()
  }
}
