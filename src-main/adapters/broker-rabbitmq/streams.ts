import { RedriveError } from '../../domain/errors.ts'
import type { PartitionSpan, RecordLog, RecordPage, RecordRange } from '../../ports/topics.ts'
import { addressDetail } from './address.ts'
import { classify } from './classify.ts'
import { dial } from './dial.ts'
import type { Dialed, DialOptions } from './dial.ts'
import { SHORT_STRING_BYTES_MAX } from './headers.ts'
import { askFacts } from './queue-facts.ts'
import { missing, StreamConsumer } from './stream-consumer.ts'
import type { StreamReading, StreamStart } from './stream-consumer.ts'
import { letterOf, ONLY_PARTITION } from './stream-record.ts'
import { within } from './waiting.ts'

const FACTS_TIMEOUT_MS = 10_000
/** Messages that the broker sends ahead while a stream is read. */
const AHEAD = 100
/** How long the end is followed where records keep coming. */
const END_TIMEOUT_MS = 5_000
const SECOND_MS = 1_000

type Options = Omit<DialOptions, 'name'>

/**
 * Streams of a virtual host. Each call has a connection of its own and asks first whether the queue is one: to consume from
 * another kind would take its messages out.
 */
export function openRabbitStreams(options: Options): RecordLog {
  return new RabbitStreams(options)
}

class RabbitStreams implements RecordLog {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  async partitions(stream: string, signal: AbortSignal): Promise<readonly PartitionSpan[] | null> {
    return await this.#on(stream, signal, async (dialed) => {
      const begin = await this.#firstFrom(dialed, stream, 'first', signal)
      return [await this.#span(dialed, stream, begin, signal)]
    })
  }

  async offsetsAt(
    stream: string,
    atMs: number,
    signal: AbortSignal,
  ): Promise<readonly PartitionSpan[] | null> {
    const value = Math.max(0, Math.floor(atMs / SECOND_MS))
    return await this.#on(stream, signal, async (dialed) => {
      const begin = await this.#firstFrom(dialed, stream, { '!': 'timestamp', value }, signal)
      return [await this.#span(dialed, stream, begin, signal)]
    })
  }

  async *read(range: RecordRange, signal: AbortSignal): AsyncGenerator<RecordPage> {
    const { topic: stream, begin, end } = range
    const dialed = await this.#dial(signal)
    try {
      if (!(await this.#isStream(dialed, stream, signal))) throw missing(stream)
      if (begin < end) yield* this.#pages(dialed, range, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, addressDetail(this.#options.address), false)
    } finally {
      await dialed.hangUp()
    }
  }

  async *#pages(dialed: Dialed, range: RecordRange, signal: AbortSignal): AsyncGenerator<RecordPage> {
    const { topic: stream, begin, end } = range
    const start = { '!': 'int64', value: begin } as const
    const consumer = await this.#consumer(dialed, { stream, start, ahead: AHEAD }, signal)
    try {
      for (let at = begin; at < end;) {
        const arrived = await consumer.next(signal)
        const last = arrived.at(-1)
        if (last === undefined) {
          if (await this.#endsBy(dialed, stream, at, signal)) return
          throw this.#lost(`nothing came of '${stream}' from offset ${at} on`)
        }
        const wanted = arrived.filter(({ offset }) => offset >= at && offset < end)
        const records = wanted.map(({ offset, message }) => letterOf(stream, offset, message))
        at = last.offset + 1n
        yield { records, next: at < end ? at : end }
      }
    } finally {
      await consumer.close()
    }
  }

  /** The end is asked for after the beginning: what was stored in between is after it. */
  async #span(
    dialed: Dialed,
    stream: string,
    begin: bigint | null,
    signal: AbortSignal,
  ): Promise<PartitionSpan> {
    const { end, isMoving } = await this.#end(dialed, stream, signal)
    const from = begin === null || begin > end ? end : begin
    return { partition: ONLY_PARTITION, begin: from, end, ...(isMoving ? { endsLater: true } : {}) }
  }

  /** Null: there is none from there on. */
  async #firstFrom(
    dialed: Dialed,
    stream: string,
    start: StreamStart,
    signal: AbortSignal,
  ): Promise<bigint | null> {
    const consumer = await this.#consumer(dialed, { stream, start, ahead: 1 }, signal)
    try {
      return (await consumer.next(signal))[0]?.offset ?? null
    } finally {
      await consumer.close()
    }
  }

  /** After the newest record. There is no question for it: the last chunk is read until the broker has no more. */
  async #end(
    dialed: Dialed,
    stream: string,
    signal: AbortSignal,
  ): Promise<{ readonly end: bigint; readonly isMoving: boolean }> {
    const { clock } = this.#options
    const untilMs = clock.now().getTime() + END_TIMEOUT_MS
    const consumer = await this.#consumer(dialed, { stream, start: 'last', ahead: AHEAD }, signal)
    let end = 0n
    try {
      while (clock.now().getTime() < untilMs) {
        const last = (await consumer.next(signal)).at(-1)
        if (last === undefined) return { end, isMoving: false }
        end = last.offset + 1n
      }
      return { end, isMoving: true }
    } finally {
      await consumer.close()
    }
  }

  async #endsBy(dialed: Dialed, stream: string, at: bigint, signal: AbortSignal): Promise<boolean> {
    const { end, isMoving } = await this.#end(dialed, stream, signal)
    return !isMoving && end <= at
  }

  async #consumer(dialed: Dialed, reading: StreamReading, signal: AbortSignal): Promise<StreamConsumer> {
    const { address, clock, log } = this.#options
    return await StreamConsumer.open(
      { ...reading, dialed, detail: addressDetail(address), clock, log },
      signal,
    )
  }

  async #on<T>(stream: string, signal: AbortSignal, ask: (dialed: Dialed) => Promise<T>): Promise<T | null> {
    const dialed = await this.#dial(signal)
    try {
      return (await this.#isStream(dialed, stream, signal)) ? await ask(dialed) : null
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, addressDetail(this.#options.address), false)
    } finally {
      await dialed.hangUp()
    }
  }

  async #dial(signal: AbortSignal): Promise<Dialed> {
    return await dial({ ...this.#options, name: 'redrive reads a stream' }, signal)
  }

  /** False: there is no such queue. Throws `not-a-stream`, also where the broker does not tell. */
  async #isStream(dialed: Dialed, queue: string, signal: AbortSignal): Promise<boolean> {
    if (queue === '' || Buffer.byteLength(queue) > SHORT_STRING_BYTES_MAX) return false
    const { clock, log } = this.#options
    const work = askFacts(dialed, queue, log)
    const onTimeout = (): Error => this.#lost('no answer in time')
    const facts = await within({ work, timeoutMs: FACTS_TIMEOUT_MS, clock, onTimeout }, signal)
    if (facts === null) return false
    if (facts.type === 'stream') return true
    throw new RedriveError('not-a-stream', 'never', { queue, type: facts.type ?? 'unknown' })
  }

  #lost(reason: string): RedriveError {
    return new RedriveError('connection-lost', 'later', { ...addressDetail(this.#options.address), reason })
  }
}
