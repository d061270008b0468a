import { RPCHandler } from '@orpc/server/message-port'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createEngine, type Engine, type LineState } from '../../src-renderer/api/client.ts'
import { ApiError } from '../../src-renderer/api/errors.ts'
import { portLine, type Line } from '../../src-renderer/api/transport.ts'
import { fakeEngine } from './support/fake-engine.ts'
import { addSource, createWorld, type World } from './support/fake-world.ts'

interface Bench {
  readonly engine: Engine
  readonly states: LineState[]
  readonly lines: Line[]
  down: boolean
}

function open(world: World): Bench {
  const handler = new RPCHandler(fakeEngine(world))
  const bench = { down: false, lines: [] as Line[], states: [] as LineState[] }
  const engine = createEngine({
    transport: async () => {
      if (bench.down) throw new Error('down')
      const { port1, port2 } = new MessageChannel()
      handler.upgrade(port2)
      port2.start()
      const line = portLine(port1)
      void line.closed.then(() => port2.close())
      bench.lines.push(line)
      return line
    },
  })
  engine.onLine((state) => bench.states.push(state))
  onTestFinished(() => engine.close())
  return Object.assign(bench, { engine })
}

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

describe('the client', () => {
  test('an error of the contract arrives typed, with its detail', async () => {
    const { engine } = open(createWorld())
    const error = await failure(engine.client.overview.source({ source: 'nobody' }))
    expect(error).toMatchObject({ code: 'source-unknown', retry: 'never', detail: { source: 'nobody' } })
  })

  test('input that the contract forbids is an internal error, never a success', async () => {
    const { engine } = open(createWorld())
    const error = await failure(engine.client.overview.source({ source: 'no such name!' }))
    expect(error.code).toBe('internal')
  })

  test('a call whose line breaks ends at once with unknown effect', async () => {
    const world = createWorld()
    addSource(world, { name: 'shop' })
    world.switches.slowMs = 60_000
    const { engine, lines } = open(world)
    const call = failure(engine.client.connections.lock({ source: 'shop' }))
    await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    lines[0]?.close()
    expect(await call).toMatchObject({ code: 'engine-unreachable', retry: 'unknown-effect' })
  })

  test('the caller can leave', async () => {
    const world = createWorld()
    addSource(world, { name: 'shop' })
    world.switches.slowMs = 60_000
    const { engine } = open(world)
    const caller = new AbortController()
    const call = failure(engine.client.overview.source({ source: 'shop' }, { signal: caller.signal }))
    setTimeout(() => caller.abort(), 20)
    expect((await call).code).toBe('cancelled')
  })

  test('a broken line is opened again, and a stream on it ends with an error', async () => {
    const { engine, lines, states } = open(createWorld())
    const seen: number[] = []
    const stream = failure(
      (async () => {
        for await (const status of await engine.client.session.watch({})) {
          seen.push(status.revision)
          lines[0]?.close()
        }
      })(),
    )
    expect((await stream).code).toBe('engine-unreachable')
    expect(seen).toEqual([1])
    await vi.waitFor(() => expect(lines).toHaveLength(2), 10_000)
    expect((await engine.client.session.info({})).operator).toBe('mira')
    expect(states).toEqual(['connecting', 'connected', 'unreachable', 'connected'])
  })

  test('while no line can be opened, a call says so in seconds and was never sent', async () => {
    const bench = open(createWorld())
    await bench.engine.client.session.info({})
    bench.down = true
    bench.lines[0]?.close()
    await vi.waitFor(() => expect(bench.states.at(-1)).toBe('unreachable'), 10_000)
    const error = await failure(bench.engine.client.session.info({}))
    expect(error).toMatchObject({ code: 'engine-unreachable', retry: 'later' })
  })
})
