import { expect, test } from 'vitest'
import { openLogEvidence } from '../../src-main/app/evidence/log-evidence.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { connectRabbit, openRabbitTest, openTestBroker } from '../support/rabbitmq.ts'
import { evidenceLogConformance } from './evidence-log.ts'
import type { ProofRecord } from './evidence-log.ts'

const STREAM = { 'x-queue-type': 'stream' }
const never = new AbortController().signal

async function publish(stream: string, records: readonly ProofRecord[]): Promise<void> {
  const connection = await connectRabbit()
  const channel = await connection.createConfirmChannel()
  for (const { value, headers } of records)
    channel.sendToQueue(stream, Buffer.from(value), { headers: { ...headers } })
  await channel.waitForConfirms()
  await connection.close()
}

evidenceLogConformance('a stream of RabbitMQ', async (context) => {
  const names = await openRabbitTest(context)
  return {
    broker: openTestBroker(context),
    make: () => names.queue(STREAM),
    unusedName: () => names.unusedName(),
    publish,
    makeAnew: async (stream) => {
      await names.channel.deleteQueue(stream)
      await names.channel.assertQueue(stream, { durable: true, arguments: STREAM })
    },
    traces: async () => null,
  }
})

test('a queue that is no stream is not read: its messages would be gone from it', async (context) => {
  const names = await openRabbitTest(context)
  const queue = await names.queue()
  names.channel.sendToQueue(queue, Buffer.from('{"messageId":"m-1"}'))
  const broker = openTestBroker(context)
  const config = { broker: 'rabbit', log: queue, retentionSec: null }
  const reader = openLogEvidence({ config, broker: () => Promise.resolve(broker), clock: systemClock() })
  const look = reader.look([{ id: '1', messageId: 'm-1', createdAt: new Date().toISOString() }], never)
  await expect(look).rejects.toMatchObject({ code: 'not-a-stream' })
  expect(await names.count(queue)).toBe(1)
})
