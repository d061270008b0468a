import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { openRedisOutbox } from '../../src-main/adapters/outbox-redis/open.ts'
import { chooseStaged } from '../../src-main/adapters/profiles/staged.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { Password } from '../../src-main/ports/drivers.ts'
import type { SourceLoad } from '../../src-main/ports/load.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'

export const REDIS_URL = process.env['REDRIVE_TEST_REDIS'] ?? 'redis://127.0.0.1:6379/0'

/** A connection of the test's own, to the server that runs anyway unless told otherwise. */
export async function connectToRedis(url = REDIS_URL): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
  } catch (error) {
    throw new Error(`Redis does not answer at ${url} (REDRIVE_TEST_REDIS)`, { cause: error })
  }
  return redis
}

export interface RedisPrefix {
  readonly redis: Redis
  readonly url: string
  /** Every key of the test begins with it. */
  readonly prefix: string
}

/** Keys of this test's own, removed when it passes. */
export async function redisPrefix(url = REDIS_URL): Promise<RedisPrefix> {
  const redis = await connectToRedis(url)
  const prefix = `redrive_test_${process.pid}_${randomBytes(4).toString('hex')}`
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(`kept for inspection: Redis keys ${prefix}*`)
    else await removeKeys(redis, prefix)
    redis.disconnect()
  })
  return { redis, url, prefix }
}

export async function removeKeys(redis: Redis, prefix: string): Promise<void> {
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `*${prefix}*`, 'COUNT', 1_000)
    if (keys.length > 0) await redis.unlink(...keys)
    cursor = next
  } while (cursor !== '0')
}

export interface OpenStaged {
  readonly url?: string
  readonly table: string
  /** Absent: the profile of the layout that is there. */
  readonly mapping?: Mapping
  readonly stuckAfterSec?: number
  readonly maxAttempts?: number
  readonly tls?: Parameters<typeof openRedisOutbox>[0]['config']['tls']
  readonly password?: string | Password
  readonly load?: SourceLoad
}

function passwordOf(given: string | Password): Password {
  return typeof given === 'string' ? () => Promise.resolve(given) : given
}

/** Opens what is staged through the adapter; closed when the test ends. */
export async function openStaged(options: OpenStaged): Promise<Outbox> {
  const { url = REDIS_URL, table, mapping, tls } = options
  const outbox = await openRedisOutbox(
    {
      config: {
        url,
        ...(tls === undefined ? {} : { tls }),
        stuckAfterSec: options.stuckAfterSec ?? 60,
        maxAttempts: options.maxAttempts ?? 3,
        outbox: { table },
      },
      password: passwordOf(options.password ?? ''),
      ...(options.load === undefined ? {} : { load: options.load }),
      chooseMapping: (layout) => mapping ?? chooseStaged('auto', layout),
    },
    AbortSignal.timeout(30_000),
  )
  onTestFinished(() => outbox.close())
  return outbox
}
