import type { ConfirmChannel } from 'amqplib'
import type { Client } from 'pg'
import { PUBLISH_WINDOW_MAX } from '../../src-main/ports/broker.ts'
import type { Cells } from '../support/postgres-server.ts'

/** Rows of one claim and one mark. */
const BATCH = 500

const CLAIM = `
  with taken as materialized (
    select id from floor.outbox_message where status = 'failed' and id > $1 order by id limit ${BATCH} for update skip locked)
  update floor.outbox_message m set status = 'sending', attempts = attempts + 1, updated_at = now()
  from taken where m.id = taken.id
  returning m.id, message_id, exchange, routing_key, type, payload::text, headers::text`
const MARK = `update floor.outbox_message set status = 'sent', updated_at = now() where id = any($1) and status = 'sending'`

/**
 * What the broker allows: bare amqplib with callbacks, persistent and mandatory, a window of unconfirmed messages, and the
 * same message as the engine sends, properties and headers included: they are bytes for the broker to take.
 */
export async function publishFloor(
  channel: ConfirmChannel,
  job: {
    readonly exchange: string
    readonly routingKey: string
    readonly payload: string
    readonly count: number
  },
): Promise<void> {
  const content = Buffer.from(job.payload)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let begun = 0
  let answered = 0
  const fill = (): void => {
    while (begun < job.count && begun - answered < PUBLISH_WINDOW_MAX) {
      begun += 1
      channel.publish(
        job.exchange,
        job.routingKey,
        content,
        {
          persistent: true,
          mandatory: true,
          messageId: `floor-${begun}`,
          type: 'OrderPaid',
          contentType: 'application/json',
          headers: {
            'content-type': 'application/json',
            'x-redrive-job': 'job-of-the-floor-00',
            'x-redrive-attempt': 4,
          },
        },
        (error: unknown) => {
          if (error !== null && error !== undefined) return reject(new Error('a floor message was nacked'))
          answered += 1
          if (answered === job.count) resolve()
          else fill()
        },
      )
    }
  }
  const onReturn = (): void => reject(new Error('a floor message was returned'))
  channel.once('return', onReturn)
  fill()
  await promise
  channel.off('return', onReturn)
}

/**
 * What the database allows: claim and mark in batches, one after the other on one connection. Each claim starts behind the
 * one before: what has been claimed is still in the index, dead, and would be walked over again.
 */
export async function markFloor(client: Client, count: number): Promise<void> {
  let last = '0'
  for (let marked = 0; marked < count;) {
    const { rows } = await client.query<Cells>(CLAIM, [last])
    const ids = rows.map((row) => row['id'] ?? '')
    last = String(ids.map(BigInt).reduce((a, b) => (a > b ? a : b), 0n))
    const { rowCount } = await client.query(MARK, [ids])
    if (rowCount === null || rowCount === 0) throw new Error('the floor ran out of rows')
    marked += rowCount
  }
}
