import { RedriveError } from '../../domain/errors.ts'
import type { Feed, FeedOptions, FeedRecord, Feeds } from '../../ports/feeds.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { StoredMessage, Topology } from './topology.ts'

const POLL_MS = 50

/** Queues of this process. What is taken is gone when it was handled, and back where it was not. */
export function openMemoryFeeds({
  topology,
  clock,
  assertUp,
}: {
  readonly topology: Topology
  readonly clock: Clock
  readonly assertUp: (signal: AbortSignal) => void
}): Feeds {
  return {
    exists: async (queue) => topology.has(queue),
    // Whoever publishes here can wait by itself.
    delays: async () => [],
    async declare(queue) {
      topology.declareQueue(queue)
    },
    async open(options, signal) {
      assertUp(signal)
      if (!topology.has(options.place))
        throw new RedriveError('queue-missing', 'never', { queue: options.place })
      return feedOf(options, { topology, clock, assertUp })
    },
  }
}

function feedOf(
  { place, prefetch, handle }: FeedOptions,
  {
    topology,
    clock,
    assertUp,
  }: { topology: Topology; clock: Clock; assertUp: (signal: AbortSignal) => void },
): Feed {
  const stop = new AbortController()
  let handled = 0
  let inHand = 0
  const behind = (): number => topology.messages(place).length + inHand
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const batch = topology.take(place, prefetch)
      if (batch.length === 0) {
        await clock.sleep(POLL_MS, stop.signal).catch(() => undefined)
        if (!stop.signal.aborted) assertUp(stop.signal)
        continue
      }
      inHand = batch.length
      try {
        await handle({ records: batch.map((one) => recordOf(place, one)), position: null })
        handled += batch.length
      } catch (error) {
        topology.putBack(place, batch)
        throw error
      } finally {
        inHand = 0
      }
    }
  }
  const ended = run()
  ended.catch(() => undefined)
  return {
    ended,
    async reached(signal) {
      const goal = handled + behind()
      const over = AbortSignal.any([signal, stop.signal])
      while (handled < goal) await Promise.race([clock.sleep(POLL_MS, over), ended])
    },
    behind: async () => behind(),
    async close() {
      stop.abort()
      await ended.catch(() => undefined)
    },
  }
}

function recordOf(place: string, { messageId, headers, payload, copy }: StoredMessage): FeedRecord {
  const given = Object.entries(JSON.parse(headers ?? '{}') as Readonly<Record<string, unknown>>)
  const texts = given.map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return {
    place,
    messageId: messageId === '' ? null : messageId,
    headers: Object.fromEntries(texts) as Readonly<Record<string, string>>,
    body: copy?.body ?? new TextEncoder().encode(payload),
    at: null,
    waits: false,
  }
}
