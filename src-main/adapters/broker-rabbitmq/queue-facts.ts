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
/** Arguments that a queue may have beside the one that is asked for; each costs a question. */
const ARGUMENTS_MAX = 20

/**
 * What AMQP tells of a queue without touching a message. There is no question for its type, but a declaration that does not
 * fit is refused with what would: `inequivalent arg 'x-queue-type' … but current is 'quorum'`. It is asked with a type that
 * does not exist, so that a queue which is deleted in between is not made anew. The broker names the first argument that does not fit,
 * so what it tells of the others is taken over until the type is the one. Policies cannot be seen this way.
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
  const known = new Map<string, ArgumentValue>()
  const ask = (asked: Omit<Declaration, 'known'>) => misfit(dialed, queue, { ...asked, known }, log)
  const durable = !/'durable'/.test(await ask({ durable: true, type: NO_TYPE }))
  const type = typeOf(await ask({ durable, type: NO_TYPE }))
  const deliveryLimit = type === 'quorum' ? numberOf(await ask({ durable, type, limit: NO_LIMIT })) : null
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

type ArgumentValue = string | number | boolean

interface Declaration {
  /** Arguments that it is known to have. */
  readonly known: Map<string, ArgumentValue>
  readonly durable: boolean
  readonly type: string
  readonly limit?: number
}

/** The broker's words for the first thing that does not fit and cannot be taken over. */
async function misfit(dialed: Dialed, queue: string, asked: Declaration, log: Log): Promise<string> {
  for (let told = 0; ; told += 1) {
    const words = await mismatch(dialed, queue, asked, log)
    const argument = argumentOf(words)
    if (argument === null || told === ARGUMENTS_MAX) return words
    asked.known.set(argument.name, argument.value)
  }
}

/** An argument of the queue that the declaration left out; null: it is another one that is told of. */
function argumentOf(words: string): { readonly name: string; readonly value: ArgumentValue } | null {
  const [, name, value, type] =
    /inequivalent arg '([^']+)' .*: received none but current is the value '(.*)' of type '(\w+)'/s.exec(
      words,
    ) ?? []
  if (name === undefined || value === undefined || name === 'x-queue-type' || name === 'x-delivery-limit')
    return null
  if (type === 'longstr') return { name, value }
  if (type === 'bool') return { name, value: value === 'true' }
  // Whole numbers are compared by value, of whatever width. Others are not taken over: the type stays unknown.
  return /^-?\d{1,15}$/.test(value) ? { name, value: Number(value) } : null
}

/** The broker's words for what does not fit; empty where it said something else. */
async function mismatch(
  dialed: Dialed,
  queue: string,
  { known, durable, type, limit }: Declaration,
  log: Log,
): Promise<string> {
  return await question(dialed, log, async (channel) => {
    try {
      await channel.assertQueue(queue, {
        durable,
        arguments: {
          ...Object.fromEntries(known),
          'x-queue-type': type,
          ...(limit === undefined ? {} : { 'x-delivery-limit': limit }),
        },
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
