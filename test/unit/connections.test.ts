import { expect, test } from 'vitest'
import { openMemoryBroker } from '../../src-main/adapters/broker-memory/memory-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { createChanges } from '../../src-main/app/changes.ts'
import { Connections } from '../../src-main/app/connections/connections.ts'
import { createHealthBoard } from '../../src-main/app/connections/health.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'

test('whoever asked for a broker while its connection was being dropped got the one that was being closed', async () => {
  const clock = systemClock()
  const ports = {
    clock,
    workspace: {
      load: () =>
        Promise.resolve({ sources: {}, brokers: { shop: { driver: 'memory', url: 'memory://shop' } } }),
    },
    drivers: { broker: { memory: () => openMemoryBroker({ clock }) } },
  } as unknown as EnginePorts
  const connections = new Connections(ports, createHealthBoard(clock, createChanges()))
  const first = await connections.brokerNamed('shop')
  const dropping = connections.drop('broker', 'shop')
  const second = await connections.brokerNamed('shop')
  await dropping
  expect(second).not.toBe(first)
  expect(first.state().state).toBe('disconnected')
  expect(second.state().state).toBe('connected')
  await connections.close()
})
