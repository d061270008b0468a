import { publish } from '../../src-main/ports/broker.ts'
import { openMemoryBroker } from '../../src-main/adapters/broker-memory/memory-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { outgoing } from '../support/rabbitmq.ts'
import { deadLettersConformance } from './dead-letters.ts'

deadLettersConformance('the in-process broker', async (context) => {
  const broker = openMemoryBroker({ clock: systemClock() })
  context.onTestFinished(() => broker.close())
  const { deadLetters } = broker
  if (deadLetters === undefined) throw new Error('the broker reads no dead letters')
  return {
    deadLetters,
    queue: async (ids) => {
      broker.declareQueue('dead')
      const publisher = await broker.openPublisher(new AbortController().signal)
      for (const id of ids) {
        await publish(
          publisher,
          outgoing({ exchange: '', routingKey: 'dead' }, id),
          new AbortController().signal,
        )
      }
      await publisher.close()
      return 'dead'
    },
    drain: async (queue) => broker.take(queue, Number.MAX_SAFE_INTEGER).map(({ messageId }) => messageId),
    cut: () => broker.cut('cut by the test'),
  }
})
