import { expect, test } from 'vitest'
import { openMemoryBroker } from '../../src-main/adapters/broker-memory/memory-broker.ts'
import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { createChanges } from '../../src-main/app/changes.ts'
import { Connections } from '../../src-main/app/connections/connections.ts'
import { createHealthBoard } from '../../src-main/app/connections/health.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'

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

test('sources that are opened for whoever asks next: each once, and none is said to be there that was not asked', async () => {
  const clock = systemClock()
  const opened: string[] = []
  const open = ({ config }: { config: { readonly url: string } }): Promise<object> => {
    opened.push(config.url)
    if (config.url.includes('away')) return Promise.reject(new RedriveError('host-unreachable', 'later', {}))
    return Promise.resolve({ close: () => Promise.resolve() })
  }
  const source = (url: string) => ({ driver: 'postgres', url, environment: 'production' })
  const ports = {
    clock,
    loads: openLoads({ clock }),
    workspace: {
      load: () =>
        Promise.resolve({
          sources: { shop: source('postgres://shop'), stock: source('postgres://away') },
          brokers: {},
        }),
    },
    drivers: { outbox: { postgres: open } },
    mapping: { layouts: { isOwn: () => true } },
  } as unknown as EnginePorts
  const health = createHealthBoard(clock, createChanges())
  const connections = new Connections(ports, health)
  const states = () => health.all().map(({ name, state }) => `${name} ${state}`)
  const { signal } = new AbortController()
  await connections.openSources(signal)
  expect(states()).toEqual(['shop connected', 'stock disconnected'])

  health.failed('source', 'shop', new RedriveError('connection-lost', 'later', {}))
  await connections.openSources(signal)
  expect(states()).toEqual(['shop disconnected', 'stock disconnected'])
  expect(opened).toEqual(['postgres://shop', 'postgres://away', 'postgres://away'])
  await connections.close()
})

test('a source whose table may not be read was said to be connecting for ever', () => {
  const health = createHealthBoard(systemClock(), createChanges())
  const denied = new RedriveError('permission-denied', 'never', {})
  const state = () => health.all().map((one) => one.state)
  health.connecting('source', 'stock')
  health.failed('source', 'stock', denied)
  expect(state()).toEqual(['idle'])
  // One refused request says nothing about a connection that stands.
  health.connected('source', 'stock', 2)
  health.failed('source', 'stock', denied)
  expect(state()).toEqual(['connected'])
})

test('every look at a connection was news, so that all pages asked all their questions again: another latency is none', () => {
  const changes = createChanges()
  const health = createHealthBoard(systemClock(), changes)
  health.connected('source', 'shop', 3)
  expect(changes.revision()).toBe(1)
  health.connected('source', 'shop', 4)
  expect(changes.revision()).toBe(1)
  expect(health.all().map(({ latencyMs }) => latencyMs)).toEqual([4])
  health.failed('source', 'shop', new RedriveError('connection-lost', 'later', {}))
  health.failed('source', 'shop', new RedriveError('auth-failed', 'never', {}))
  health.connected('source', 'shop', 4)
  expect(changes.revision()).toBe(4)
})
