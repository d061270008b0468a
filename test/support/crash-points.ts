import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import type { Broker, Publisher } from '../../src-main/ports/broker.ts'
import { inFront } from './outbox-drivers.ts'

/** Between two publishes a crash is tried after every so many of them. */
const PUBLISH_STRIDE = 7

export interface CrashPoints {
  readonly ports: EnginePorts
  /** Points passed so far. */
  passed(): number
}

/**
 * Puts a point before and after every durable write and every effect of the engine, and calls `reach` at each with its
 * number and its name. The production code knows nothing of it.
 */
export function withCrashPoints(
  ports: EnginePorts,
  reach: (point: number, name: string) => void,
): CrashPoints {
  let points = 0
  const pass = (name: string): void => {
    points += 1
    reach(points, name)
  }
  const around = <T extends object>(target: T, label: string, methods: readonly (keyof T & string)[]): T => {
    const wrapped = Object.create(target) as T
    for (const method of methods) {
      const original = target[method] as (...values: unknown[]) => Promise<unknown>
      const call = async (...values: unknown[]): Promise<unknown> => {
        pass(`before ${label}.${method}`)
        const result = await original.apply(target, values)
        pass(`after ${label}.${method}`)
        return result
      }
      Object.defineProperty(wrapped, method, { value: call })
    }
    return wrapped
  }
  const publisher = (real: Publisher): Publisher => {
    let published = 0
    return {
      send(message, signal, answered) {
        published += 1
        if (published % PUBLISH_STRIDE === 1) pass('before publish')
        real.send(message, signal, answered)
        if (published % PUBLISH_STRIDE === 0) pass('after publish')
      },
      close: () => real.close(),
    }
  }
  const broker = (real: Broker): Broker => {
    const wrapped = Object.create(real) as Broker
    Object.defineProperty(wrapped, 'openPublisher', {
      value: async (signal: AbortSignal) => publisher(await real.openPublisher(signal)),
    })
    // Private fields do not follow a prototype: the methods must run on the real object.
    for (const method of ['state', 'watch', 'report', 'checkDestinations', 'queueDepth', 'close'] as const) {
      Object.defineProperty(wrapped, method, { value: real[method].bind(real) })
    }
    return wrapped
  }
  const { outbox, broker: brokers } = ports.drivers
  return {
    passed: () => points,
    ports: {
      ...ports,
      jobStore: around(ports.jobStore, 'store', [
        'beginPlan',
        'startJob',
        'moveItems',
        'addItems',
        'moveJob',
      ]),
      sweepStore: around(ports.sweepStore, 'store', ['begin', 'end']),
      drivers: {
        outbox: inFront(outbox, (opened) => around(opened, 'outbox', ['claim', 'claimDue', 'mark'])),
        evidence: ports.drivers.evidence,
        broker: {
          ...brokers,
          rabbitmq: async (options) => {
            const open = brokers.rabbitmq
            if (!open) throw new Error('the engine under test has no RabbitMQ driver')
            return broker(await open(options))
          },
        },
      },
    },
  }
}
