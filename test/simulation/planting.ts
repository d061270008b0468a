import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import type { OutgoingMessage, PublishOutcome } from '../../src-main/domain/outcome.ts'
import type { Publisher } from '../../src-main/ports/broker.ts'
import type { JobStore } from '../../src-main/ports/job-store.ts'
import type { MarkRequest, Outbox } from '../../src-main/ports/outbox.ts'
import { inFront } from '../support/outbox-drivers.ts'
import { bound } from './life.ts'
import type { Plant } from './world.ts'

export type PlantedPorts = NonNullable<Plant['ports']>

/** What a bug does to each publish: given the real one, answers in its place. */
type Publish = (real: Publisher, message: OutgoingMessage, signal: AbortSignal) => Promise<PublishOutcome>

export function publishing(makePublish: (ports: EnginePorts) => Publish): PlantedPorts {
  return (ports) => ({
    ...ports,
    drivers: {
      ...ports.drivers,
      broker: {
        rabbitmq: async (options) => {
          const real = await ports.drivers.broker.rabbitmq!(options)
          const openPublisher = async (signal: AbortSignal): Promise<Publisher> => {
            const publisher = await real.openPublisher(signal)
            const publish = makePublish(ports)
            return {
              send: (message, stop, answered) => void publish(publisher, message, stop).then(answered),
              close: () => publisher.close(),
            }
          }
          return { ...bound(real), openPublisher }
        },
      },
    },
  })
}

export function outbox(change: (real: Outbox, ports: EnginePorts) => Partial<Outbox>): PlantedPorts {
  return (ports) => ({
    ...ports,
    drivers: {
      ...ports.drivers,
      outbox: inFront(ports.drivers.outbox, (real) => ({ ...real, ...change(real, ports) })),
    },
  })
}

export function jobStore(change: (real: JobStore, ports: EnginePorts) => Partial<JobStore>): PlantedPorts {
  return (ports) => ({ ...ports, jobStore: { ...ports.jobStore, ...change(ports.jobStore, ports) } })
}

/** Answers as if rows had been marked, and marks only those that are wanted. */
export function markOnly(wanted: (request: MarkRequest) => boolean): PlantedPorts {
  return outbox((real) => ({
    mark: async (requests, token, signal) => {
      const answers = new Map(
        (await real.mark(requests.filter(wanted), token, signal)).map((answer) => [answer.id, answer]),
      )
      return requests.map(({ id }) => answers.get(id) ?? { id, marked: true, version: 'none' })
    },
  }))
}
