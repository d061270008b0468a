import { describe, expect, onTestFinished, test } from 'vitest'
import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { defaultLoad } from '../../src-main/domain/load.ts'
import type { SourceLoad } from '../../src-main/ports/load.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { mysqlDatabase, openMysql } from '../support/mysql.ts'
import { openOutbox, testDatabase } from '../support/postgres.ts'
import { openStaged, redisPrefix } from '../support/redis.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

const LIMITS = { ...defaultLoad, connections: 3, statements: 2 }
const LOOKS = 40
/** Each answer takes so long that looks come together. */
const DELAY_MS = 15
const LIST = { filter: {}, order: 'newest', cursor: null, limit: 10, budgetMs: 10_000 } as const
const signal = () => AbortSignal.timeout(30_000)

interface Server {
  readonly proxy: TcpProxy
  readonly open: (load: SourceLoad) => Promise<Outbox>
}

async function proxied(url: string): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const address = new URL(url)
  const proxy = await openTcpProxy({ host: address.hostname, port: Number(address.port) })
  onTestFinished(() => proxy.close())
  address.port = String(proxy.port)
  return { proxy, url: address.href }
}

const servers: Readonly<Record<string, () => Promise<Server>>> = {
  postgres: async () => {
    const database = await testDatabase()
    const { proxy, url } = await proxied(database.url)
    return { proxy, open: (load) => openOutbox({ url }, { load }) }
  },
  mysql: async () => {
    const database = await mysqlDatabase()
    const { proxy, url } = await proxied(database.url)
    return { proxy, open: (load) => openMysql({ url }, { load }) }
  },
  redis: async () => {
    const { redis, url: direct, prefix } = await redisPrefix()
    await redis.hset(`${prefix}:1`, { message_id: 'm-1', payload: '{}' })
    const { proxy, url } = await proxied(direct)
    const mapping = {
      profile: 'test',
      staged: { layout: 'hash' as const },
      key: '@id',
      messageId: 'message_id',
      destination: { exchange: 'exchange', routingKey: 'routing_key' },
      payload: { value: 'payload', encoding: 'json' as const },
      times: {},
      states: [{ state: 'pending' as const, when: { all: [] } }],
      sentRows: 'kept' as const,
      relay: { model: 'poller' as const },
    }
    return { proxy, open: (load) => openStaged({ url, table: `${prefix}:*`, load, mapping }) }
  },
}

/** A load that also counts by itself what goes through it. */
function counted(load: SourceLoad) {
  const seen = { running: 0, runningMax: 0, turns: 0 }
  const turn: SourceLoad['turn'] = (length, work, until) =>
    load.turn(
      length,
      async () => {
        seen.turns += 1
        seen.runningMax = Math.max(seen.runningMax, (seen.running += 1))
        try {
          return await work()
        } finally {
          seen.running -= 1
        }
      },
      until,
    )
  const counting: SourceLoad = {
    turn,
    room: (until) => load.room(until),
    timed: (statement) => load.timed(statement),
    committed: (tookMs) => load.committed(tookMs),
    breathe: (until) => load.breathe(until),
  }
  return { seen, load: counting }
}

describe.each(Object.entries(servers))('limits of a source: %s', (_name, make) => {
  test('all that is open of a source keeps its limits together', async () => {
    const { proxy, open } = await make()
    const loads = openLoads({ clock: systemClock() })
    const { load, seen } = counted(loads.of('orders', LIMITS))
    const outboxes = [await open(load), await open(load)]
    proxy.delay(DELAY_MS)
    let most = 0
    const watching = setInterval(() => (most = Math.max(most, proxy.connections())), 2)
    onTestFinished(() => clearInterval(watching))
    const looks = Array.from({ length: LOOKS }, (_, at) => outboxes[at % 2]!.list(LIST, signal()))
    const pages = await Promise.all(looks)
    expect(pages.every(({ scope }) => scope.complete)).toBe(true)
    expect(most).toBeLessThanOrEqual(LIMITS.connections)
    expect(seen.runningMax).toBe(LIMITS.statements)
    expect(seen.turns).toBeGreaterThanOrEqual(LOOKS)
  })

  test('whoever finds no turn is told so, and those before get their answers', async () => {
    const { proxy, open } = await make()
    const loads = openLoads({ clock: systemClock() })
    const outbox = await open(loads.of('orders', LIMITS))
    await outbox.list(LIST, signal())
    loads.of('orders', { ...LIMITS, waitSec: 0.1 })
    proxy.delay(300)
    const looks = Array.from({ length: 6 }, () => outbox.clock(signal()))
    const ended = await Promise.allSettled(looks)
    const codes = ended.map((one) =>
      one.status === 'fulfilled' ? 'answered' : (one.reason as { code: string }).code,
    )
    expect(codes).toEqual([...Array<string>(2).fill('answered'), ...Array<string>(4).fill('source-busy')])
  })

  test('a server that has become slow is told by one small statement, and that it is itself again', async () => {
    const { proxy, open } = await make()
    const loads = openLoads({ clock: systemClock() })
    const load = loads.of('orders', LIMITS)
    const outbox = await open(load)
    loads.measureBy('orders', (until) => outbox.clock(until))
    const until = async (slow: boolean): Promise<void> =>
      expect
        .poll(() => (loads.measure('orders'), loads.slower('orders') !== null), { timeout: 30_000 })
        .toBe(slow)
    const measured = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n += 1) {
        loads.measure('orders')
        await new Promise((later) => setTimeout(later, 1_050))
      }
    }
    await measured(4)
    expect(loads.slower('orders')).toBeNull()
    proxy.delay(150)
    await until(true)
    expect(loads.slower('orders')).toBeGreaterThan(LIMITS.slowFactor)
    proxy.delay(0)
    await until(false)
  })
})
