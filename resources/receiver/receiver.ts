/**
 * A reference receiver of chained messages: RabbitMQ brings them, the sender's outbox (resources/outbox/postgres.sql) has
 * them all. Copy it and change it; it needs `pg` and `amqplib` and nothing of Redrive.
 *
 * For each message, in one transaction with its effect:
 * - an id that is not greater than the chain's position is a duplicate: dropped;
 * - a previous id that is the position is the next message: it takes effect, and the position moves;
 * - anything else is a hole: what lies between is read from the outbox in order and takes effect first.
 * Where the outbox does not have it (yet), nothing of the chain moves, and the message comes again a little later.
 */
import type { Channel, ConsumeMessage } from 'amqplib'
import type pg from 'pg'

/** Headers that the sender stores with the message. */
export const CHAIN_HEADER = 'x-chain-key'
export const ID_HEADER = 'x-chain-id'
export const PREVIOUS_HEADER = 'x-chain-prev-id'

/** Rows of one catch-up read. */
const BATCH_ROWS = 200
/** Messages that the broker hands out before they are acknowledged. */
const PREFETCH = 20
/** A message behind a hole that cannot be filled yet comes again after this. */
const WAIT_MS = 500

export interface ChainedMessage {
  readonly chain: string
  /** Decimal text: a bigint does not survive a JavaScript number. */
  readonly id: string
  readonly previousId: string | null
  readonly messageId: string
  readonly type: string | null
  readonly payload: string
  /** Whether the broker brought it, or it was read from the outbox. */
  readonly by: 'broker' | 'catch-up'
}

export type ReceiverEvent =
  | { readonly event: 'handled'; readonly message: ChainedMessage }
  | { readonly event: 'duplicate'; readonly message: ChainedMessage }
  | { readonly event: 'gap'; readonly message: ChainedMessage; readonly position: string | null }
  /** The outbox lacks what comes after the position: in flight, rolled back or lost. */
  | { readonly event: 'waiting'; readonly message: ChainedMessage; readonly position: string | null }
  | { readonly event: 'unchained'; readonly messageId: string }

/** What is used of amqplib's channel. */
export type ReceiverChannel = Pick<Channel, 'prefetch' | 'consume' | 'cancel' | 'ack' | 'nack'>

export interface ReceiverOptions {
  /** The receiver's own database, with the table of catch-up.sql. */
  readonly database: pg.Pool
  /** The sender's database; a role that may read the outbox is enough. */
  readonly outbox: pg.Pool
  readonly channel: ReceiverChannel
  readonly queue: string
  /** The effect, in the transaction that also moves the position. What it throws is tried again. */
  readonly handle: (client: pg.PoolClient, message: ChainedMessage) => Promise<void>
  readonly tell?: (event: ReceiverEvent) => void
}

export interface Receiver {
  /** Takes no more messages; resolves when those in hand are done. */
  stop(): Promise<void>
}

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { channel, queue } = options
  let stopped = false
  // One after the other: the order of a chain is the point.
  let turn: Promise<void> = Promise.resolve()
  await channel.prefetch(PREFETCH)
  const { consumerTag } = await channel.consume(queue, (delivery) => {
    if (delivery !== null) turn = turn.then(() => receive(options, delivery, () => stopped))
  })
  return {
    async stop() {
      stopped = true
      await channel.cancel(consumerTag)
      await turn
    },
  }
}

async function receive(
  options: ReceiverOptions,
  delivery: ConsumeMessage,
  stopped: () => boolean,
): Promise<void> {
  const { channel, tell } = options
  if (stopped()) {
    channel.nack(delivery)
    return
  }
  const message = chainedMessage(delivery)
  if (message === null) {
    tell?.({ event: 'unchained', messageId: String(delivery.properties.messageId) })
    channel.nack(delivery, false, false)
    return
  }
  const done = await take(options, message).catch(() => false)
  if (done) {
    channel.ack(delivery)
    return
  }
  await new Promise((later) => setTimeout(later, WAIT_MS))
  channel.nack(delivery)
}

function chainedMessage({ properties, content }: ConsumeMessage): ChainedMessage | null {
  const headers: Readonly<Record<string, unknown>> = properties.headers ?? {}
  const chain = headers[CHAIN_HEADER]
  const id = numberText(headers[ID_HEADER])
  if (typeof chain !== 'string' || id === null) return null
  return {
    chain,
    id,
    previousId: numberText(headers[PREVIOUS_HEADER]),
    messageId: String(properties.messageId),
    type: typeof properties.type === 'string' ? properties.type : null,
    payload: content.toString('utf8'),
    by: 'broker',
  }
}

function numberText(value: unknown): string | null {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  return /^\d{1,19}$/.test(text) ? text : null
}

/** True where the message has taken effect, now or before. */
async function take(options: ReceiverOptions, message: ChainedMessage): Promise<boolean> {
  const { tell } = options
  const position = await step(options, message)
  if (position === 'handled') return true
  if (position === 'duplicate') {
    tell?.({ event: 'duplicate', message })
    return true
  }
  tell?.({ event: 'gap', message, position: position.at })
  const reached = await catchUp(options, message, position.at)
  if (reached) return true
  tell?.({ event: 'waiting', message, position: position.at })
  return false
}

type Step = 'handled' | 'duplicate' | { readonly at: string | null }

/** Takes one message if it is the next one of its chain; the position is locked meanwhile, also against other receivers. */
async function step({ database, handle, tell }: ReceiverOptions, message: ChainedMessage): Promise<Step> {
  const { chain, id, previousId } = message
  const client = await database.connect()
  try {
    await client.query('begin')
    await client.query('insert into receiver_position (chain_key) values ($1) on conflict do nothing', [
      chain,
    ])
    const { rows } = await client.query<{ at: string | null }>(
      'select last_id::text as at from receiver_position where chain_key = $1 for update',
      [chain],
    )
    const at = rows[0]?.at ?? null
    const isOld = at !== null && BigInt(id) <= BigInt(at)
    if (isOld || previousId !== at) {
      await client.query('rollback')
      return isOld ? 'duplicate' : { at }
    }
    await handle(client, message)
    await client.query('update receiver_position set last_id = $2 where chain_key = $1', [chain, id])
    await client.query('commit')
    tell?.({ event: 'handled', message })
    return 'handled'
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}

/** Reads what lies between the position and the message from the outbox, and the message itself. */
async function catchUp(
  options: ReceiverOptions,
  { chain, id }: ChainedMessage,
  position: string | null,
): Promise<boolean> {
  for (let after = position ?? '0'; ;) {
    const { rows } = await options.outbox.query<Record<string, string | null>>(
      `select id::text, prev_id::text, message_id, type, payload::text from outbox_message o
       where chain_key = $1 and id > $2 and id <= $3 order by o.id limit ${BATCH_ROWS}`,
      [chain, after, id],
    )
    for (const row of rows) {
      const one: ChainedMessage = {
        chain,
        id: row['id'] ?? '',
        previousId: row['prev_id'] ?? null,
        messageId: row['message_id'] ?? '',
        type: row['type'] ?? null,
        payload: row['payload'] ?? '',
        by: 'catch-up',
      }
      // The row that this one names is not there (yet): going past it would lose it.
      if (typeof (await step(options, one)) === 'object') return false
      after = one.id
    }
    if (after === id) return true
    if (rows.length < BATCH_ROWS) return false
  }
}
