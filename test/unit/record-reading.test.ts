import { describe, expect, test } from 'vitest'
import { readRange } from '../../src-main/app/brokers/reading.ts'
import { sharesOf } from '../../src-main/app/brokers/spans.ts'
import type { Progress, ReadingRequest } from '../../src-main/app/brokers/reading.ts'
import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import { recordMatcher } from '../../src-main/domain/record-search.ts'
import type { Topics } from '../../src-main/ports/topics.ts'

const never = new AbortController().signal
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const PAGE = 4

function record(partition: number, offset: number, value = `v-${offset}`): RecordLetter {
  return {
    kind: 'record',
    topic: 't',
    partition,
    offset: BigInt(offset),
    at: null,
    messageId: null,
    type: null,
    key: null,
    value: bytes(value),
    headers: [],
  }
}

/** A log in memory: by partition the offsets that hold a record, and its end. */
function logOf(partitions: readonly { readonly offsets: readonly number[]; readonly end: number }[]): Topics {
  const spans = partitions.map(({ end }, partition) => ({ partition, begin: 0n, end: BigInt(end) }))
  return {
    version: () => Promise.resolve('1'),
    list: () => Promise.resolve({ topics: [], complete: true }),
    partitions: (topic) => Promise.resolve(topic === 't' ? spans : null),
    offsetsAt: () => Promise.resolve(spans),
    async *read({ partition, begin, end }) {
      const wanted = (partitions[partition]?.offsets ?? []).filter((at) => at >= begin && at < end)
      for (let at = 0; at < wanted.length; at += PAGE) {
        const some = wanted.slice(at, at + PAGE)
        const isLast = at + PAGE >= wanted.length
        const next = isLast ? end : BigInt((some.at(-1) ?? 0) + 1)
        yield await Promise.resolve({ records: some.map((offset) => record(partition, offset)), next })
      }
    },
  }
}

async function read(
  topics: Topics,
  request: Omit<ReadingRequest, 'range'> & { readonly range?: ReadingRequest['range'] },
) {
  const found: string[] = []
  let progress: Progress = { scanned: 0, total: 0 }
  const range = { topic: 't', partition: null, kind: 'offsets', from: 0n, to: null } as const
  const ended = await readRange(
    { range, ...request },
    {
      topics,
      nowMs: () => 0,
      onFound: ({ partition, offset }) => void found.push(`${partition}@${offset}`),
      onProgress: (now) => (progress = now),
    },
    never,
  )
  return { ended, found, ...progress }
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, offset) => offset)

describe('a reading', () => {
  test('that has seen everything is complete, holes and all', async () => {
    const topics = logOf([
      { offsets: [0, 3, 7], end: 9 },
      { offsets: [], end: 0 },
    ])
    expect(await read(topics, { search: null, limit: 10 })).toEqual({
      ended: 'complete',
      found: ['0@0', '0@3', '0@7'],
      scanned: 9,
      total: 9,
    })
  })

  test('closes what it does not read to its end', async () => {
    const closed: number[] = []
    const log = logOf([
      { offsets: upTo(20), end: 20 },
      { offsets: upTo(20), end: 20 },
    ])
    const topics: Topics = {
      ...log,
      async *read(range, signal) {
        try {
          yield* log.read(range, signal)
        } finally {
          closed.push(range.partition)
        }
      },
    }
    expect((await read(topics, { search: null, limit: 2 })).ended).toBe('found-limit')
    expect(closed).toEqual([0, 1])
  })

  test('without a search shares what it may show among the partitions', async () => {
    const topics = logOf([
      { offsets: upTo(100), end: 100 },
      { offsets: upTo(2), end: 2 },
      { offsets: upTo(100), end: 100 },
    ])
    const { ended, found, scanned, total } = await read(topics, { search: null, limit: 10 })
    expect(found.filter((id) => id.startsWith('1@'))).toEqual(['1@0', '1@1'])
    expect(found).toHaveLength(10)
    expect([ended, scanned, total]).toEqual(['found-limit', 10, 202])
    expect(sharesOf([], 10)).toEqual([])
  })

  test('ends at the record that fills its limit, and says how far it came', async () => {
    const topics = logOf([{ offsets: upTo(20), end: 20 }])
    const search = { text: 'v-1', place: 'payload' } as const
    const reading = await read(topics, { search, limit: 3 })
    expect(reading).toEqual({ ended: 'found-limit', found: ['0@1', '0@10', '0@11'], scanned: 12, total: 20 })
    expect((await read(topics, { search, limit: 50 })).ended).toBe('complete')
  })

  test('of a tail takes the newest ones, and no more than it may show', async () => {
    const topics = logOf([
      { offsets: upTo(20), end: 20 },
      { offsets: upTo(3), end: 3 },
    ])
    const range = { topic: 't', partition: null, kind: 'tail', records: 6 } as const
    const reading = await read(topics, { range, search: null, limit: 4 })
    expect(reading.found.sort()).toEqual(['0@18', '0@19', '1@1', '1@2'])
    expect(reading).toMatchObject({ ended: 'complete', total: 4 })
  })

  test('of what is not there says so by name', async () => {
    const topics = logOf([{ offsets: [0], end: 1 }])
    const at = (topic: string, partition: number | null) =>
      read(topics, { range: { topic, partition, kind: 'tail', records: 1 }, search: null, limit: 1 })
    await expect(at('other', null)).rejects.toMatchObject({ code: 'topic-missing' })
    await expect(at('t', 5)).rejects.toMatchObject({ code: 'partition-missing' })
  })
})

describe('a search', () => {
  const one = {
    key: bytes('Order-7'),
    value: bytes('{"note":"Überfällig"}'),
    headers: [
      ['tenant', bytes('Acme')],
      ['none', null],
    ] as const,
  }
  test.each([
    ['order-7', 'key', true],
    ['order-7', 'payload', false],
    ['überfällig', 'payload', true],
    ['überfällig', 'anywhere', true],
    ['TENANT', 'header', true],
    ['acme', 'header', true],
    ['tenant=ac', 'header', true],
    ['tenant=other', 'anywhere', false],
    ['acme=tenant', 'header', false],
    ['none=', 'header', true],
  ] as const)('for %s in %s', (text, place, found) => {
    expect(recordMatcher({ text, place })(one)).toBe(found)
  })

  test('meets a record without key and payload', () => {
    expect(recordMatcher({ text: 'x', place: 'anywhere' })({ key: null, value: null, headers: [] })).toBe(
      false,
    )
  })
})
