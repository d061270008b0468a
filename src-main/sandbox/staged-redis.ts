import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { SourceConfig } from '../domain/workspace.ts'
import type { HostLog } from '../ports/surroundings.ts'
import { HOUR, MINUTE, SECOND, jsonText } from './draft.ts'
import { newEmployee, payMessage } from './payroll-messages.ts'
import type { Random } from './random.ts'
import { watchOver } from './watchdog.ts'

/** A service that stages its messages in Redis until the broker has confirmed them. */
export const STAGED = { source: 'basket-staged', seed: 23, environment: 'development' } as const

/** A server that is there already, in the place of one that the sandbox starts. */
const VARIABLE = 'REDRIVE_SANDBOX_REDIS'
const HOST = '127.0.0.1'
const PREFIX = 'sandbox:basket:'
const MESSAGES = 36
const OLDEST_MS = 5 * HOUR
const NEWEST_MS = MINUTE
const EMPLOYEES = 30
const START_MS_MAX = 10_000
const POLL_MS = 50
const END_MS_MAX = 3_000

export interface StagedRedis {
  readonly url: string
  close(): Promise<void>
}

/** Null where there is no redis-server on this machine: one cannot be shipped. */
export async function openStagedRedis(
  { storeDir, random, log }: { readonly storeDir: string; readonly random: Random; readonly log: HostLog },
  signal: AbortSignal,
): Promise<StagedRedis | null> {
  const given = process.env[VARIABLE]
  const server = given === undefined ? await startServer(dirname(storeDir), signal) : null
  const url = given ?? server?.url
  if (url === undefined) {
    log.info({ variable: VARIABLE }, 'no redis-server here: the sandbox shows no source on Redis')
    return null
  }
  const { Redis: Client } = await import('ioredis')
  const redis = new Client(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null })
  redis.on('error', (error) => log.debug({ err: error }, 'the sandbox lost its Redis'))
  try {
    await answering(redis, signal)
    await stage(redis, random)
  } catch (error) {
    await server?.end()
    throw error
  } finally {
    if (given === undefined) redis.disconnect()
  }
  return {
    url,
    async close() {
      if (given !== undefined) await remove(redis)
      redis.disconnect()
      await server?.end()
    },
  }
}

interface Server {
  readonly url: string
  end(): Promise<void>
}

/** Null: there is no such program. Whatever becomes of this process, the server ends with it. */
async function startServer(runFolder: string, signal: AbortSignal): Promise<Server | null> {
  const folder = join(runFolder, 'redis')
  await mkdir(folder, { mode: 0o700 })
  const port = await freePort()
  const settings = [
    '--port',
    String(port),
    '--bind',
    HOST,
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--save',
    '',
  ]
  // Its folder stands in its title too: by that the watchdog knows it from another process.
  const title = ['--proc-title-template', `{title} {listen-addr} ${folder}`]
  const child = spawn('redis-server', [...settings, ...title], { stdio: 'ignore' })
  const failed = once(child, 'error').then(() => 'failed' as const)
  if ((await Promise.race([failed, once(child, 'spawn')])) === 'failed' || child.pid === undefined)
    return null
  signal.throwIfAborted()
  const dismiss = watchOver(child.pid, folder)
  const atExit = (): void => void child.kill('SIGKILL')
  process.once('exit', atExit)
  return {
    url: `redis://${HOST}:${port}/0`,
    async end() {
      const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve()
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(END_MS_MAX)])
      child.kill('SIGKILL')
      process.off('exit', atExit)
      dismiss()
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, HOST)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function answering(redis: Redis, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    signal.throwIfAborted()
    try {
      if (redis.status !== 'ready') await redis.connect()
      await redis.ping()
      return
    } catch (error) {
      if (waitedMs > START_MS_MAX) throw error
      await sleep(POLL_MS)
    }
  }
}

async function stage(redis: Redis, random: Random): Promise<void> {
  const now = Date.now()
  for (let n = 1; n <= MESSAGES; n += 1) {
    const at = Math.round(now - OLDEST_MS + ((OLDEST_MS - NEWEST_MS) * n) / MESSAGES)
    const { messageId, type, exchange, routingKey, payload, headers } = payMessage(random, {
      employee: newEmployee(random, random.int(1, EMPLOYEES)),
      step: 'expense',
      at: at - SECOND,
    })
    await redis.hset(`${PREFIX}${String(n).padStart(4, '0')}`, {
      message_id: messageId,
      type,
      exchange,
      routing_key: routingKey,
      payload: jsonText(payload),
      headers: jsonText(headers),
      created_at: at,
    })
  }
}

/** Only what the sandbox itself has put there. */
async function remove(redis: Redis): Promise<void> {
  for (let n = 1; n <= MESSAGES; n += 1) await redis.del(`${PREFIX}${String(n).padStart(4, '0')}`)
}

export function stagedSource(url: string): Pick<SourceConfig, 'driver' | 'url' | 'environment' | 'outbox'> {
  return {
    driver: 'redis',
    url,
    environment: STAGED.environment,
    outbox: { profile: 'auto', table: `${PREFIX}*` },
  }
}
