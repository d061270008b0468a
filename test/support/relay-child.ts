/**
 * A relay as services run one, in a process of its own: claims pending rows with FOR UPDATE SKIP LOCKED, publishes with
 * confirms, marks. Knows nothing of Redrive. Begins when it is told to, runs until it is told to stop; then prints RelayDone.
 * Argument: RelayChild.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import type { ConfirmChannel } from 'amqplib'
import pg from 'pg'

export interface RelayChild {
  readonly databaseUrl: string
  readonly brokerUrl: string
  readonly batch: number
}

export interface RelayDone {
  readonly claims: number
  /** Publishes that the broker gave back. */
  readonly returned: number
}

const CLAIM = `
  update outbox_message set status = 'sending', attempts = attempts + 1, updated_at = now() where id in (
    select id from outbox_message where status = 'pending' and (next_attempt_at is null or next_attempt_at <= now())
      and attempts < 3 order by id limit $1 for update skip locked)
  returning id::text as id, message_id, exchange, routing_key, payload::text as payload, attempts`

/** The number of attempts tells our claim from a later one of the same row. */
const MARK = `
  update outbox_message set status = r.status, updated_at = now(),
    next_attempt_at = case when r.status = 'pending' then now() + interval '1 second' end
  from unnest($1::bigint[], $2::int[], $3::text[]) r(id, attempts, status)
  where outbox_message.id = r.id and outbox_message.attempts = r.attempts and outbox_message.status = 'sending'`

const IDLE_MS = 50

interface Row {
  readonly id: string
  readonly message_id: string
  readonly exchange: string
  readonly routing_key: string
  readonly payload: string
  readonly attempts: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as RelayChild
const database = new pg.Client({ connectionString: options.databaseUrl })
await database.connect()
const connection = await connect(options.brokerUrl)
const channel = await connection.createConfirmChannel()
const returned = new Set<string>()
channel.on('return', (message: { properties: { messageId: string } }) => {
  returned.add(message.properties.messageId)
})
const done = { claims: 0, returned: 0 }
let stopping = false
const begin = once(process, 'message')
process.send?.('ready')
await begin
process.on('message', () => (stopping = true))

while (!stopping) {
  const { rows } = await database.query<Row>(CLAIM, [options.batch])
  if (rows.length === 0) {
    await sleep(IDLE_MS)
    continue
  }
  done.claims += rows.length
  await Promise.all(rows.map((row) => publish(channel, row)))
  const statuses = rows.map(({ message_id, attempts }) => {
    if (!returned.has(message_id)) return 'sent'
    done.returned += 1
    return attempts >= 3 ? 'failed' : 'pending'
  })
  returned.clear()
  const attempts = rows.map((row) => row.attempts)
  await database.query(MARK, [rows.map(({ id }) => id), attempts, statuses])
}
await connection.close()
await database.end()
process.send?.(done satisfies RelayDone)
process.disconnect()

function publish(on: ConfirmChannel, row: Row): Promise<void> {
  const properties = { messageId: row.message_id, persistent: true, mandatory: true }
  return new Promise((confirmed, refused) => {
    on.publish(row.exchange, row.routing_key, Buffer.from(row.payload), properties, (error: unknown) => {
      if (error === null || error === undefined) confirmed()
      else refused(error instanceof Error ? error : new Error('the broker refused it'))
    })
  })
}
