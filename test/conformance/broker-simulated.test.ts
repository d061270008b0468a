import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { SimBrokerServer } from '../simulation/sim-broker.ts'
import { amqpPlaces, typedHeaders } from './amqp.ts'
import { brokerConformance } from './broker.ts'

brokerConformance('the simulated broker', async (context) => {
  let silent = 0
  const server = new SimBrokerServer({
    clock: systemClock(),
    confirmTimeoutMs: 30_000,
    fate: () => (silent-- > 0 ? 'lost-after' : 'none'),
    transitMs: () => 1,
    answerMs: () => 1,
    redialMs: () => 20,
    survivors: (inTransit) => inTransit,
  })
  const broker = server.connect('the console')
  let names = 0
  context.onTestFinished(() => broker.close())
  const { topology } = server
  const queue = (lengthMax?: number): string => {
    const name = `queue-${++names}`
    topology.declareQueue(name, lengthMax)
    return name
  }
  return {
    broker,
    headers: typedHeaders,
    queue: () => Promise.resolve(queue()),
    full: () =>
      Promise.resolve({ queue: queue(1), fill: () => Promise.resolve(), answer: 'refused broker-refused' }),
    ...amqpPlaces((bound, routingKey) => {
      const name = `exchange-${++names}`
      topology.declareExchange(name, 'direct')
      topology.bind(bound, name, routingKey)
      return Promise.resolve(name)
    }),
    drain: async (queue) =>
      topology.take(queue, Number.MAX_SAFE_INTEGER).map((stored) => ({
        ...stored,
        headers: { ...(JSON.parse(stored.headers ?? '{}') as object), ...stored.redriveHeaders },
      })),
    silence: (publishes) => {
      silent = publishes
    },
    cut: () => broker.cut('cut by the test'),
  }
})
