import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { SimBrokerServer } from '../simulation/sim-broker.ts'
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
  return {
    broker,
    queue: async (lengthMax) => {
      const name = `queue-${++names}`
      topology.declareQueue(name, lengthMax)
      return name
    },
    exchange: async (queue, routingKey) => {
      const name = `exchange-${++names}`
      topology.declareExchange(name, 'direct')
      topology.bind(queue, name, routingKey)
      return name
    },
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
