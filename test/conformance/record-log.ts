import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import type { RecordLetter } from '../../src-main/domain/dead-letter/record-letter.ts'
import type { RecordLog } from '../../src-main/ports/topics.ts'

export interface LoggedRecord {
  readonly value: string
  /** Seconds since 1970. */
  readonly atSec: number
  readonly headers?: Readonly<Record<string, string | Buffer>>
}

export interface RecordLogFixture {
  readonly log: RecordLog
  /** A log of one partition. */
  readonly make: () => Promise<string>
  readonly unusedName: () => string
  /** Whether a binary header comes back as its bytes, or as text, in which those that are no UTF-8 are lost. */
  readonly binaryHeaders: 'kept' | 'as-text'
  readonly append: (name: string, records: readonly LoggedRecord[]) => Promise<void>
  /** Everything that a reading could leave behind. */
  readonly traces: () => Promise<unknown>
}

const never = new AbortController().signal
const AT_SEC = 1_700_000_000
const AT = '2023-11-14T22:13:20.000Z'
/** More than is sent ahead, and no multiple of it. */
const MANY = 1_234

const plain = (value: string): LoggedRecord => ({ value, atSec: AT_SEC })

export async function readSpan(
  log: RecordLog,
  topic: string,
  [begin, end]: readonly [bigint, bigint],
): Promise<RecordLetter[]> {
  const found: RecordLetter[] = []
  for await (const { records } of log.read({ topic, partition: 0, begin, end }, never)) found.push(...records)
  return found
}

const text = ({ value }: RecordLetter): string => Buffer.from(value ?? []).toString()

/** The port for whatever keeps records at offsets. */
export function recordLogConformance(
  name: string,
  open: (context: TestContext) => Promise<RecordLogFixture>,
): void {
  describe(`records of ${name}`, () => {
    it('has nothing in an empty log', async (context) => {
      const { log, make } = await open(context)
      const topic = await make()
      const empty = [{ partition: 0, begin: 0n, end: 0n }]
      expect(await log.partitions(topic, never)).toEqual(empty)
      expect(await log.offsetsAt(topic, 0, never)).toEqual(empty)
      expect(await readSpan(log, topic, [0n, 0n])).toEqual([])
      expect(await readSpan(log, topic, [0n, 5n])).toEqual([])
    })

    it('reads a part byte for byte, with headers and time', async (context) => {
      const { log, make, append, binaryHeaders } = await open(context)
      const topic = await make()
      const bytes = Buffer.from([0, 255, 128])
      const headers = { bytes, plain: 'tëxt' }
      await append(topic, [plain('0'), { ...plain('{"a":1}'), headers }, plain(''), plain('3')])
      expect(await log.partitions(topic, never)).toEqual([{ partition: 0, begin: 0n, end: 4n }])
      const part = await readSpan(log, topic, [1n, 3n])
      expect(part.map(({ offset, at, topic: of }) => [offset, at, of])).toEqual([
        [1n, AT, topic],
        [2n, AT, topic],
      ])
      expect(part.map(text)).toEqual(['{"a":1}', ''])
      const hex = part[0]?.headers.map(([key, bytes]) => [key, bytes && Buffer.from(bytes).toString('hex')])
      expect(hex).toEqual([
        ['bytes', (binaryHeaders === 'kept' ? bytes : Buffer.from(bytes.toString())).toString('hex')],
        ['plain', Buffer.from('tëxt').toString('hex')],
      ])
    })

    it('reads all of a long one in order, as often as it is asked, and leaves nothing behind', async (context) => {
      const { log, make, append, traces } = await open(context)
      const topic = await make()
      await append(
        topic,
        Array.from({ length: MANY }, (_, n) => plain(String(n))),
      )
      const before = await traces()
      const [span] = (await log.partitions(topic, never)) ?? []
      expect(span).toEqual({ partition: 0, begin: 0n, end: BigInt(MANY) })
      const first = await readSpan(log, topic, [0n, BigInt(MANY)])
      expect(first.map(text)).toEqual(Array.from({ length: MANY }, (_, n) => String(n)))
      await log.offsetsAt(topic, 0, never)
      expect(await readSpan(log, topic, [0n, BigInt(MANY)])).toEqual(first)
      expect(await traces()).toEqual(before)
    })

    it('ends where the log ends before the range does', async (context) => {
      const { log, make, append } = await open(context)
      const topic = await make()
      await append(topic, [plain('a'), plain('b')])
      expect((await readSpan(log, topic, [1n, 9n])).map(text)).toEqual(['b'])
    })

    it('knows nothing of what is not there, and makes none', async (context) => {
      const { log, unusedName, traces } = await open(context)
      const missing = unusedName()
      const before = await traces()
      expect(await log.partitions(missing, never)).toBeNull()
      expect(await log.offsetsAt(missing, 0, never)).toBeNull()
      await expect(readSpan(log, missing, [0n, 1n])).rejects.toMatchObject({ code: 'topic-missing' })
      expect(await traces()).toEqual(before)
    })

    it('stops when it is told to', async (context) => {
      const { log, make, append } = await open(context)
      const topic = await make()
      await append(topic, [plain('a')])
      const stop = new AbortController()
      stop.abort()
      const pages = log.read({ topic, partition: 0, begin: 0n, end: 1n }, stop.signal)
      await expect(pages[Symbol.asyncIterator]().next()).rejects.toThrow()
    })
  })
}
