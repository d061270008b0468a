import { implement } from '@orpc/server'
import type { Group, Reading, RecordDetail, ShownBytes } from '../../../src-preload/contract/brokers.ts'
import { contract } from '../../../src-preload/contract/index.ts'
import { iso, meet, refuse, type World } from './fake-world.ts'

const RECORDS = 40
/** What a slow topic has, and how much of it one step passes. */
const SLOW_TOTAL = 3_000_000
const SLOW_STEP = 120_000
const STEP_MS = 20

const text = (value: string): ShownBytes => ({
  bytes: value.length,
  text: value,
  hex: Buffer.from(value).toString('hex'),
  cut: false,
})
const binary = (hex: string): ShownBytes => ({ bytes: hex.length / 2, text: null, hex, cut: false })

interface FakeReading {
  reading: Reading
  readonly records: readonly RecordDetail[]
}

/** A broker of queues and one of topics: `orders` is read at once, `clicks` slowly, `empty` holds nothing. */
export function fakeBrokers(world: World) {
  const os = implement(contract).brokers
  const readings = new Map<string, FakeReading>()
  const all = Array.from({ length: RECORDS }, (_, n) => recordOf(world, n))
  const of = (id: string): FakeReading => readings.get(id) ?? refuse('reading-missing', { reading: id })
  return {
    queues: os.queues.handler(async () => {
      await meet(world, 'brokers.queues', null)
      return {
        queues: [
          queueOf('orders', 'classic', 12, '{}', null),
          queueOf('payments', 'quorum', null, '{"x-delivery-limit":3}', 'dead'),
          queueOf('orders-log', 'stream', RECORDS, '{"x-queue-type":"stream"}', null),
        ],
        complete: true,
        at: iso(world.now()),
      }
    }),
    topics: os.topics.handler(async ({ input }) => {
      await meet(world, 'brokers.topics', null)
      const topics = [
        { topic: '__consumer_offsets', internal: true, partitions: 50, records: 9 },
        { topic: 'clicks', internal: false, partitions: 12, records: SLOW_TOTAL },
        { topic: 'empty', internal: false, partitions: 1, records: 0 },
        { topic: 'orders', internal: false, partitions: 3, records: RECORDS },
      ]
      return {
        topics: topics.filter(({ internal }) => input.internal || !internal),
        complete: true,
        at: iso(world.now()),
      }
    }),
    groups: os.groups.handler(async () => {
      await meet(world, 'brokers.groups', null)
      const groups = [
        { group: 'billing', state: 'Stable', protocol: 'consumer', members: 1, lag: 41, hidden: false },
        { group: 'newer', state: null, protocol: 'consumer', members: null, lag: null, hidden: false },
      ]
      return { groups, complete: true, at: iso(world.now()) }
    }),
    group: os.group.handler(async ({ input }) => groupOf(input.group)),
    read: os.read.handler(async ({ input }) => {
      await meet(world, 'brokers.read', null)
      if (!['orders', 'orders-log', 'clicks', 'empty'].includes(input.topic))
        return refuse('topic-missing', { reason: input.topic })
      const wanted = input.search?.text.toLowerCase() ?? ''
      const inTopic = input.topic.startsWith('orders') ? all : []
      const fitting = inTopic.filter((one) => JSON.stringify(one).toLowerCase().includes(wanted))
      const records = fitting.slice(0, input.limit)
      const slow = input.topic === 'clicks'
      const reading: Reading = {
        reading: `reading-${readings.size + 1}`,
        broker: input.broker,
        topic: input.topic,
        scanned: slow ? 0 : inTopic.length,
        total: slow ? SLOW_TOTAL : inTopic.length,
        found: records.length,
        ended: slow ? null : records.length < fitting.length ? 'found-limit' : 'complete',
        error: null,
        at: iso(world.now()),
      }
      readings.set(reading.reading, { reading, records })
      return reading
    }),
    follow: os.follow.handler(async function* ({ input }) {
      const kept = of(input.reading)
      for (;;) {
        yield kept.reading
        if (kept.reading.ended !== null) return
        await new Promise((resolve) => setTimeout(resolve, STEP_MS))
        const scanned = Math.min(SLOW_STEP, SLOW_TOTAL)
        if (kept.reading.ended === null) kept.reading = { ...kept.reading, scanned }
      }
    }),
    cancel: os.cancel.handler(({ input }) => {
      const kept = of(input.reading)
      if (kept.reading.ended === null) kept.reading = { ...kept.reading, ended: 'cancelled' }
      return kept.reading
    }),
    records: os.records.handler(({ input }) => ({
      records: of(input.reading).records.map(({ partition, offset, at, key, payload, headers }) => ({
        partition,
        offset,
        at,
        key: key?.text ?? null,
        payload: payload?.text ?? payload?.hex ?? null,
        bytes: payload?.bytes ?? 0,
        headers: headers.length,
      })),
    })),
    unmask: os.unmask.handler(() => refuse('reading-missing', { reading: '-' })),
    record: os.record.handler(({ input }) => {
      const found = of(input.reading).records.find(
        ({ partition, offset }) => partition === input.partition && offset === input.offset,
      )
      return found ?? refuse('message-not-found', { id: input.offset })
    }),
  }
}

function recordOf(world: World, n: number): RecordDetail {
  return {
    topic: 'orders',
    partition: n % 3,
    offset: String(n),
    at: iso(world.now() - n * 1_000),
    key: text(`order-${n}`),
    payload:
      n === 0
        ? null
        : n === 1
          ? binary('00ff80416263')
          : text(`{"order":${n},"note":"${n === 7 ? 'lost' : 'fine'}"}`),
    headers: [
      { name: 'tenant', value: text('acme') },
      { name: 'trace', value: binary('ff01') },
    ],
    masked: null,
  }
}

function queueOf(queue: string, type: string, ready: number | null, args: string, policy: string | null) {
  return {
    queue,
    type,
    ready,
    unacked: ready === null ? null : 0,
    consumers: ready === null ? null : 2,
    state: 'running',
    durable: true,
    arguments: args,
    policy,
    policyDefinition: policy === null ? null : '{"dead-letter-exchange":"dlx"}',
  }
}

function groupOf(group: string): Group {
  return {
    group,
    state: 'Stable',
    protocol: 'consumer',
    lag: 41,
    hidden: false,
    members: [
      {
        member: 'm-1',
        client: 'billing-1',
        host: '/10.0.0.7',
        assigned: [{ topic: 'orders', partitions: [0, 1] }],
      },
    ],
    offsets: [
      { topic: 'orders', partition: 0, committed: '9', begin: '0', end: '50', lag: 41 },
      { topic: 'orders', partition: 1, committed: null, begin: '0', end: '12', lag: null },
      { topic: 'orders', partition: 2, committed: '3', begin: '5', end: '5', lag: 2 },
    ],
  }
}
