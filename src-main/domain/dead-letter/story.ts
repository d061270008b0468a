import { normaliseCause } from '../cause.ts'
import { own } from './own-headers.ts'
import type { Letter } from './letter.ts'

/** Why a message was dead-lettered, as far as it carries it. Times are ISO-8601. */
export interface DeathStory {
  /** Who wrote it: the broker itself, a recoverer in the consumer (Spring's), a connector of Kafka Connect, or nobody. */
  readonly told: 'broker' | 'recoverer' | 'connector' | 'nobody'
  /** The broker's word: rejected, expired, maxlen, delivery_limit; null where it has not said. */
  readonly reason: string | null
  /** The consumer's error as it was written; null: none. */
  readonly error: string | null
  /** Equal for messages that died of the same; null: nothing is known. */
  readonly cause: string | null
  /** The true one, also of a message that died twice. */
  readonly origin: Origin
  /** How often it died, as far as that was counted; null: nobody counted. */
  readonly deaths: number | null
  readonly firstDiedAt: string | null
  readonly lastDiedAt: string | null
  readonly redrive: { readonly id: string; readonly times: number } | null
}

export interface Origin {
  /** The queue that it died in; null where that is not told. */
  readonly queue: string | null
  /** What it was published to; null where that is not told. */
  readonly exchange: string | null
  readonly routingKey: string | null
  /** Of a record, whose queue, exchange and key are null; null: of a message of a queue, or it is not told. */
  readonly record: RecordOrigin | null
}

export interface RecordOrigin {
  readonly topic: string
  readonly partition: number | null
  /** Digits. */
  readonly offset: string | null
  /** The consumer group that gave it up, or the connector. */
  readonly group: string | null
}

interface Death {
  readonly queue: string | null
  readonly reason: string | null
  readonly exchange: string | null
  readonly routingKey: string | null
  readonly count: number
  readonly at: string | null
}

/**
 * Reads what brokers and recoverers write: `x-death` of RabbitMQ 3 and 4 (newest first, compressed by queue and reason),
 * `x-first-death-*`, Spring's republish headers, and Redrive's own from an earlier redrive, which outlive the others: 4.x
 * writes the way of the redrive over the first one.
 */
export function deathStory({ headers }: Letter): DeathStory {
  const deaths = deathsOf(headers['x-death'])
  const error = text(headers['x-exception-message']) ?? firstLine(text(headers['x-exception-stacktrace']))
  const republished = error !== null || text(headers['x-original-exchange']) !== null
  const newest = deaths[0]
  const reason = republished ? null : (newest?.reason ?? text(headers['x-first-death-reason']))
  const times = deaths.flatMap(({ at }) => at ?? [])
  return {
    told: republished ? 'recoverer' : newest === undefined ? 'nobody' : 'broker',
    reason,
    error,
    cause: normaliseCause(error) ?? causeOf(reason, newest?.queue ?? null),
    origin: originOf(headers, deaths),
    deaths: deaths.length === 0 ? null : deaths.reduce((sum, { count }) => sum + count, 0),
    firstDiedAt: times.reduce<string | null>(
      (first, at) => (first === null || at < first ? at : first),
      null,
    ),
    lastDiedAt: times.reduce<string | null>((last, at) => (last === null || at > last ? at : last), null),
    redrive: redriveOf(headers),
  }
}

function causeOf(reason: string | null, queue: string | null): string | null {
  if (reason === null) return null
  return queue === null ? reason : `${reason} in queue '${queue}'`
}

function originOf(headers: Letter['headers'], deaths: readonly Death[]): Origin {
  const stamped = text(headers[own.originKey])
  if (stamped !== null) {
    return {
      queue: text(headers[own.originQueue]),
      exchange: text(headers[own.originExchange]),
      routingKey: stamped,
      record: null,
    }
  }
  const spring = text(headers['x-original-exchange'])
  const first = deaths.at(-1)
  if (spring !== null) {
    // Spring's recoverer does not say which queue it read from.
    return { queue: null, exchange: spring, routingKey: text(headers['x-original-routingKey']), record: null }
  }
  return {
    queue: text(headers['x-first-death-queue']) ?? first?.queue ?? null,
    exchange: text(headers['x-first-death-exchange']) ?? first?.exchange ?? null,
    routingKey: first?.routingKey ?? null,
    record: null,
  }
}

function redriveOf(headers: Letter['headers']): DeathStory['redrive'] {
  const id = text(headers[own.id])
  const times = headers[own.times]
  return id === null ? null : { id, times: typeof times === 'number' ? times : 1 }
}

function deathsOf(header: unknown): readonly Death[] {
  if (!Array.isArray(header)) return []
  return header.filter(isTable).map((death): Death => {
    const keys: unknown = death['routing-keys']
    const { count } = death
    return {
      queue: text(death['queue']),
      reason: text(death['reason']),
      exchange: text(death['exchange']),
      routingKey: Array.isArray(keys) ? text(keys[0]) : null,
      count: typeof count === 'number' ? count : 1,
      at: timeOf(death['time']),
    }
  })
}

const MS = 1_000
/** The year 9999: beyond it there is no ISO text of four digits. */
const SECONDS_MAX = 253_402_300_799

/** AMQP's timestamp: seconds, which clients wrap to keep the type. */
function timeOf(value: unknown): string | null {
  const seconds: unknown = isTable(value) ? value['value'] : value
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= SECONDS_MAX)) return null
  return new Date(seconds * MS).toISOString()
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Spring writes long texts as byte arrays in some versions. */
function text(value: unknown): string | null {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : null
}

function firstLine(trace: string | null): string | null {
  return trace?.split('\n', 1)[0]?.trim() || null
}
