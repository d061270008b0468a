import { recordDigest, recordId } from '../../domain/dead-letter/record-letter.ts'
import type { QueueFacts } from '../../ports/dead-letters.ts'
import type { Topics } from '../../ports/topics.ts'
import { spanSize, tails } from '../brokers/spans.ts'
import type { Found, FoundLetter } from './found.ts'
import { newPreviews } from './preview.ts'

/** Null: there is no such topic. Offsets are counted, so that holes of compaction count as messages. */
export async function topicFacts(
  topics: Topics,
  topic: string,
  signal: AbortSignal,
): Promise<QueueFacts | null> {
  const spans = await topics.partitions(topic, signal)
  if (spans === null) return null
  return {
    queue: topic,
    type: 'topic',
    brokerVersion: await topics.version(signal),
    messages: spans.reduce((sum, span) => sum + spanSize(span), 0),
    consumers: null,
    deliveryLimit: null,
    costs: [],
    refusal: null,
  }
}

/** The newest ones of each partition, as far as they go; nothing is taken and nothing is left behind. */
export async function readTopic(
  topics: Topics,
  topic: string,
  limit: number,
  signal: AbortSignal,
): Promise<Found> {
  const spans = (await topics.partitions(topic, signal)) ?? []
  const letters: FoundLetter[] = []
  const preview = newPreviews()
  for (const span of tails(spans, limit)) {
    for await (const { records } of topics.read({ topic, ...span }, signal)) {
      for (const record of records) {
        const digest = recordDigest(record)
        letters.push({ id: recordId(record, digest), digest, ...preview.record(record) })
      }
    }
  }
  const complete = spans.reduce((sum, span) => sum + spanSize(span), 0) <= limit
  return { letters, complete }
}
