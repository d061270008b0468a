import type { Channel } from 'amqplib'
import type { LookCost, LookRefusal, QueueFacts, QueueType } from '../../ports/dead-letters.ts'
import { attendThrows } from './dial.ts'
import type { Dialed } from './dial.ts'
import type { Log } from '../../ports/surroundings.ts'

const NOT_FOUND = 404
const PRECONDITION_FAILED = 406
/** No queue can be of this type, so a declaration that names it can create none. */
const NO_TYPE = 'redrive-asks'
/** No queue has this limit by chance. */
const NO_LIMIT = 987_654_321

/**
 * What AMQP tells of a queue without touching a message. There is no question for its type, but a declaration that does not
 * fit is refused with what would: `inequivalent arg 'x-queue-type' … but current is 'quorum'`. It is asked with a type that
 * does not exist, so that a queue which is deleted in between is not made anew. Policies cannot be seen this way.
 */
export async function askFacts(dialed: Dialed, queue: string, log: Log): Promise<QueueFacts | null> {
  const counts = await question(dialed, log, async (channel) => {
    try {
      return await channel.checkQueue(queue)
    } catch (error) {
      if (codeOf(error) === NOT_FOUND) return null
      throw error
    }
  })
  if (counts === null) return null
  const durable = !/'durable'/.test(await mismatch(dialed, queue, { durable: true, type: NO_TYPE }, log))
  const type = typeOf(await mismatch(dialed, queue, { durable, type: NO_TYPE }, log))
  const deliveryLimit =
    type === 'quorum'
      ? numberOf(await mismatch(dialed, queue, { durable, type, limit: NO_LIMIT }, log))
      : null
  const { version } = dialed.model.connection.serverProperties
  const { messageCount: messages, consumerCount: consumers } = counts
  return {
    queue,
    type,
    brokerVersion: String(version),
    messages,
    consumers,
    deliveryLimit,
    costs: costsOf(consumers),
    refusal: refusalOf(type),
  }
}

function costsOf(consumers: number): readonly LookCost[] {
  const always: readonly LookCost[] = ['marked-redelivered', 'hidden-meanwhile', 'counts-as-use']
  return consumers > 0 ? [...always, 'races-consumers'] : always
}

/**
 * A classic queue has no delivery limit. A quorum queue may have one by argument or by policy, and since 4.0 has one of 20
 * where nobody says otherwise; on 3.x and 4.0–4.2 every return counts, on 4.3 that of a connection which breaks.
 */
function refusalOf(type: QueueType | null): LookRefusal | null {
  if (type === 'classic') return null
  if (type === 'quorum') return 'may-delete'
  return type === 'stream' ? 'is-stream' : 'type-unknown'
}

interface Declaration {
  readonly durable: boolean
  readonly type: string
  readonly limit?: number
}

/** The broker's words for what does not fit; empty where it said something else. */
async function mismatch(
  dialed: Dialed,
  queue: string,
  { durable, type, limit }: Declaration,
  log: Log,
): Promise<string> {
  return await question(dialed, log, async (channel) => {
    try {
      await channel.assertQueue(queue, {
        durable,
        arguments: { 'x-queue-type': type, ...(limit === undefined ? {} : { 'x-delivery-limit': limit }) },
      })
      return ''
    } catch (error) {
      if (codeOf(error) === PRECONDITION_FAILED && error instanceof Error) return error.message
      // No right to declare: the type stays unknown.
      return ''
    }
  })
}

function typeOf(words: string): QueueType | null {
  if (!/inequivalent arg 'x-queue-type'/.test(words)) return null
  const [, current] = /but current is (?:the value )?'?(\w+)/.exec(words) ?? []
  // Declared without the argument: the default type of the virtual host, written into the queue where it is not classic.
  if (current === 'none' || current === 'classic') return 'classic'
  return current === 'quorum' || current === 'stream' ? current : null
}

function numberOf(words: string): number | null {
  const [, current] = /'x-delivery-limit'.*but current is (?:the value )?'?(\d+)/.exec(words) ?? []
  return current === undefined ? null : Number(current)
}

/** On a channel of its own, which the broker closes with most answers. */
async function question<T>(dialed: Dialed, log: Log, ask: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await dialed.model.createChannel()
  let closed = false
  channel.on('error', () => undefined)
  channel.on('close', () => (closed = true))
  attendThrows(channel, log)
  try {
    return await ask(channel)
  } finally {
    if (!closed) await channel.close().catch(() => undefined)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
