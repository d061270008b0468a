import { normaliseCause } from '../cause.ts'
import { own } from './own-headers.ts'
import { recordHeaders } from './record-headers.ts'
import type { RecordHeaders } from './record-headers.ts'
import type { RecordLetter } from './record-letter.ts'
import type { DeathStory, RecordOrigin } from './story.ts'

/** Those who write dead letters into topics. */
type Convention = 'spring-kafka' | 'spring-cloud-stream' | 'connect'

/** Their headers, by what they say. Spring writes numbers in big-endian bytes, Kafka Connect as digits. */
const names = {
  'spring-kafka': {
    topic: 'kafka_dlt-original-topic',
    partition: 'kafka_dlt-original-partition',
    offset: 'kafka_dlt-original-offset',
    group: 'kafka_dlt-original-consumer-group',
    message: ['kafka_dlt-exception-message', 'kafka_dlt-key-exception-message'],
    trace: ['kafka_dlt-exception-stacktrace', 'kafka_dlt-key-exception-stacktrace'],
    class: ['kafka_dlt-exception-cause-fqcn', 'kafka_dlt-exception-fqcn', 'kafka_dlt-key-exception-fqcn'],
  },
  'spring-cloud-stream': {
    topic: 'x-original-topic',
    partition: 'x-original-partition',
    offset: 'x-original-offset',
    group: null,
    message: ['x-exception-message'],
    trace: ['x-exception-stacktrace'],
    class: ['x-exception-fqcn'],
  },
  connect: {
    topic: '__connect.errors.topic',
    partition: '__connect.errors.partition',
    offset: '__connect.errors.offset',
    group: '__connect.errors.connector.name',
    message: ['__connect.errors.exception.message'],
    trace: ['__connect.errors.exception.stacktrace'],
    class: ['__connect.errors.exception.class.name'],
  },
} as const

/** How often Spring's topics for retries have tried it. */
const ATTEMPTS = 'retry_topic-attempts'

/**
 * Reads what a recoverer or a connector writes into a record that it gives up. Where it has died twice, the first topic is
 * the true origin and the newest error the cause. Redrive's own headers outlive the others.
 */
export function recordStory(letter: RecordLetter): DeathStory {
  const headers = recordHeaders(letter)
  const convention = conventionOf(headers)
  const error = convention === null ? null : errorOf(headers, convention)
  const attempts = headers.whole(ATTEMPTS)
  // Kafka Connect gives its dead letters the time of the record that died.
  const diedAt = convention === 'connect' ? null : letter.at
  return {
    told: convention === null ? 'nobody' : convention === 'connect' ? 'connector' : 'recoverer',
    reason: null,
    error,
    cause: normaliseCause(error),
    origin: { queue: null, exchange: null, routingKey: null, record: originOf(headers, convention) },
    deaths: attempts === null ? null : Number(attempts),
    firstDiedAt: diedAt,
    lastDiedAt: diedAt,
    redrive: redriveOf(headers),
  }
}

function conventionOf(headers: RecordHeaders): Convention | null {
  const order = ['spring-kafka', 'connect', 'spring-cloud-stream'] as const
  const found = order.find((one) => {
    const { topic, message, class: classes } = names[one]
    return [topic, ...message, ...classes].some((name) => headers.has(name))
  })
  return found ?? null
}

function errorOf(headers: RecordHeaders, convention: Convention): string | null {
  const { message, trace, class: classes } = names[convention]
  const newest = (of: readonly string[]): string | null =>
    of.map((name) => headers.last(name)).find((text) => text !== null && text.trim() !== '') ?? null
  return newest(message) ?? newest(trace)?.split('\n', 1)[0]?.trim() ?? newest(classes)
}

function originOf(headers: RecordHeaders, convention: Convention | null): RecordOrigin | null {
  const stamped = headers.first(own.originTopic)
  if (stamped !== null) {
    const partition = headers.whole(own.originPartition)
    return {
      topic: stamped,
      partition: numberOf(partition),
      offset: digits(headers, own.originOffset),
      group: null,
    }
  }
  if (convention === null) return null
  const at = names[convention]
  const topic = headers.first(at.topic)
  if (topic === null || topic === '') return null
  return {
    topic,
    partition: numberOf(headers.whole(at.partition)),
    offset: digits(headers, at.offset),
    group: at.group === null ? null : headers.first(at.group),
  }
}

function digits(headers: RecordHeaders, name: string): string | null {
  const whole = headers.whole(name)
  return whole === null || whole < 0n ? null : String(whole)
}

function numberOf(whole: bigint | null): number | null {
  return whole === null || whole < 0n ? null : Number(whole)
}

function redriveOf(headers: RecordHeaders): DeathStory['redrive'] {
  const id = headers.last(own.id)
  const times = headers.last(own.times)
  if (id === null) return null
  return { id, times: times !== null && /^\d{1,6}$/.test(times) ? Number(times) : 1 }
}
