import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import type { PartitionSpan, Topics } from '../../src-main/ports/topics.ts'

export interface TestRecord {
  readonly key?: string
  readonly value: string | null
  readonly partition?: number
  /** Milliseconds since 1970. */
  readonly timestamp?: string
  readonly headers?: Readonly<Record<string, string | Buffer>>
}

export interface TopicsFixture {
  readonly topics: Topics
  readonly topic: (partitions?: number, config?: Readonly<Record<string, string>>) => Promise<string>
  readonly produce: (topic: string, records: readonly TestRecord[]) => Promise<void>
  /** In a transaction that is aborted or committed; `open` leaves it so until the test ends. */
  readonly transact: (topic: string, value: string, end: 'abort' | 'commit' | 'open') => Promise<void>
  /** What is before the offset is removed, as retention does. */
  readonly removeBefore: (topic: string, partition: number, offset: bigint) => Promise<void>
}

const never = new AbortController().signal
/** For records of long ago, which retention would remove as soon as it looks. */
const KEPT = { 'retention.ms': '-1' }
const COMPACTED_TIMEOUT_MS = 45_000
/** A segment of this age is closed by the next record. */
const SEGMENT_MS = 100

async function readSpan(topics: Topics, topic: string, span: PartitionSpan): Promise<RecordLetter[]> {
  const found: RecordLetter[] = []
  for await (const { records } of topics.read({ topic, ...span }, never)) found.push(...records)
  return found
}

async function everything(topics: Topics, topic: string): Promise<RecordLetter[]> {
  const spans = (await topics.partitions(topic, never)) ?? []
  return (await Promise.all(spans.map((span) => readSpan(topics, topic, span)))).flat()
}

const text = ({ value }: RecordLetter): string | null =>
  value === null ? null : Buffer.from(value).toString()

/** The port for topics of a broker that keeps a log. */
export function topicsConformance(
  name: string,
  open: (context: TestContext) => Promise<TopicsFixture>,
): void {
  describe(`topics of ${name}`, () => {
    it('lists topics with partitions and records, and tells its own apart', async (context) => {
      const { topics, topic, produce } = await open(context)
      const [full, empty] = [await topic(3), await topic(1)]
      await produce(full, [
        { value: 'a', partition: 0 },
        { value: 'b', partition: 2 },
        { value: 'c', partition: 2 },
      ])
      const { topics: listed, complete } = await topics.list(never)
      const of = (one: string) => listed.find((head) => head.topic === one)
      expect(of(full)).toEqual({ topic: full, internal: false, partitions: 3, records: 3n })
      expect(of(empty)).toEqual({ topic: empty, internal: false, partitions: 1, records: 0n })
      expect(listed.map((head) => head.topic)).toEqual(listed.map((head) => head.topic).sort())
      expect(complete).toBe(true)
    })

    it('tells what each partition has, and reads a part of it byte for byte', async (context) => {
      const { topics, topic, produce } = await open(context)
      const name_ = await topic(2, KEPT)
      const headers = { bytes: Buffer.from([0, 255, 128]), plain: 'text' }
      await produce(name_, [
        { key: 'k-0', value: '0', partition: 1 },
        { key: 'k-1', value: '{"a":1}', partition: 1, headers, timestamp: '1700000000000' },
        { value: null, partition: 1 },
        { value: '3', partition: 1 },
      ])
      expect(await topics.partitions(name_, never)).toEqual([
        { partition: 0, begin: 0n, end: 0n },
        { partition: 1, begin: 0n, end: 4n },
      ])
      const part = await readSpan(topics, name_, { partition: 1, begin: 1n, end: 3n })
      expect(part.map(({ offset }) => offset)).toEqual([1n, 2n])
      const [first, second] = part
      expect(first).toMatchObject({ at: '2023-11-14T22:13:20.000Z', partition: 1, topic: name_ })
      expect(
        first?.headers.map(([key, bytes]) => [key, bytes && Buffer.from(bytes).toString('hex')]),
      ).toEqual([
        ['bytes', '00ff80'],
        ['plain', Buffer.from('text').toString('hex')],
      ])
      expect(Buffer.from(first?.key ?? []).toString()).toBe('k-1')
      expect([second?.value, second?.key]).toEqual([null, null])
    })

    it('finds the first record that is not older than a time', async (context) => {
      const { topics, topic, produce } = await open(context)
      const name_ = await topic(2, KEPT)
      const at = (second: number): string => String(1_700_000_000_000 + second * 1_000)
      await produce(name_, [
        ...[0, 10, 20].map((second) => ({ value: String(second), partition: 0, timestamp: at(second) })),
        { value: 'early', partition: 1, timestamp: at(5) },
      ])
      const from = async (second: number) => {
        const spans = await topics.offsetsAt(name_, Number(at(second)), never)
        return spans?.map(({ begin, end }) => [begin, end])
      }
      expect(await from(0)).toEqual([
        [0n, 3n],
        [0n, 1n],
      ])
      expect(await from(10)).toEqual([
        [1n, 3n],
        [1n, 1n],
      ])
      expect(await from(11)).toEqual([
        [2n, 3n],
        [1n, 1n],
      ])
      expect(await from(21)).toEqual([
        [3n, 3n],
        [1n, 1n],
      ])
    })

    it('passes over aborted transactions, and ends before an open one', async (context) => {
      const { topics, topic, produce, transact } = await open(context)
      const name_ = await topic(1)
      await transact(name_, 'one', 'commit')
      await transact(name_, 'two', 'abort')
      await produce(name_, [{ value: 'three' }])
      await transact(name_, 'four', 'open')
      await produce(name_, [{ value: 'five' }])
      expect((await everything(topics, name_)).map(text)).toEqual(['one', 'three'])
    })

    it('goes on where retention has removed the beginning', async (context) => {
      const { topics, topic, produce, removeBefore } = await open(context)
      const name_ = await topic(1)
      await produce(
        name_,
        [1, 2, 3, 4].map((n) => ({ value: String(n) })),
      )
      await removeBefore(name_, 0, 2n)
      expect((await readSpan(topics, name_, { partition: 0, begin: 0n, end: 4n })).map(text)).toEqual([
        '3',
        '4',
      ])
      expect(await topics.partitions(name_, never)).toEqual([{ partition: 0, begin: 2n, end: 4n }])
      expect((await topics.list(never)).topics.find((one) => one.topic === name_)?.records).toBe(2n)
    })

    it('reads over the holes of compaction', { timeout: 60_000 }, async (context) => {
      const { topics, topic, produce } = await open(context)
      const name_ = await topic(1, {
        'cleanup.policy': 'compact',
        'segment.ms': String(SEGMENT_MS),
        'min.cleanable.dirty.ratio': '0.001',
        'min.compaction.lag.ms': '0',
      })
      await produce(
        name_,
        ['a', 'b', 'a', 'b'].map((key, n) => ({ key, value: `${key}-${n}` })),
      )
      const values = async (): Promise<readonly (string | null)[]> => {
        // What is in the open segment is not compacted: each round closes one.
        await sleep(SEGMENT_MS * 2)
        await produce(name_, [{ key: 'last', value: 'last' }])
        const found = await everything(topics, name_)
        return found.map(text).filter((value) => value !== 'last')
      }
      await expect.poll(values, { timeout: COMPACTED_TIMEOUT_MS, interval: 500 }).toEqual(['a-2', 'b-3'])
      const [first, second] = await everything(topics, name_)
      expect([first?.offset, second?.offset]).toEqual([2n, 3n])
      expect((await topics.partitions(name_, never))?.[0]?.begin).toBe(0n)
    })
  })
}
