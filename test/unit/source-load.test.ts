import { expect, test, vi } from 'vitest'
import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { defaultLoad, loadOf } from '../../src-main/domain/load.ts'
import type { LoadLimits } from '../../src-main/domain/load.ts'
import type { SourceLoad } from '../../src-main/ports/load.ts'
import { manualClock } from '../support/manual-clock.ts'

const never = new AbortController().signal

function opened(limits: Partial<LoadLimits> = {}) {
  const loads = openLoads({ clock: systemClock() })
  return { loads, load: loads.of('orders', { ...defaultLoad, statements: 2, connections: 2, ...limits }) }
}

/** Holds turns until it is told to end one. */
function holding(load: SourceLoad) {
  const held: (() => void)[] = []
  const begun: string[] = []
  return {
    begun,
    hold: (name: string, length: 'short' | 'long' = 'short') =>
      load.turn(
        length,
        () => {
          begun.push(name)
          return new Promise<void>((end) => held.push(end))
        },
        never,
      ),
    endOne: async (): Promise<void> => {
      held.shift()?.()
      await new Promise((later) => setTimeout(later, 0))
    },
  }
}

test('there are never more statements than the source allows, whoever asks', async () => {
  const { load } = opened({ statements: 3 })
  let [running, most] = [0, 0]
  const statement = async (): Promise<void> => {
    most = Math.max(most, (running += 1))
    await new Promise((later) => setTimeout(later, 1))
    running -= 1
  }
  await Promise.all(Array.from({ length: 100 }, () => load.turn('short', statement, never)))
  expect([most, running]).toEqual([3, 0])
})

test('a person comes before the background, and the background is not starved', async () => {
  const { loads, load } = opened()
  const { hold, begun, endOne } = holding(load)
  const all = [hold('first'), hold('second')]
  for (let n = 0; n < 3; n += 1) all.push(loads.inBackground(() => hold('background')))
  for (let n = 0; n < 8; n += 1) all.push(hold('person'))
  for (let n = 0; n < 14; n += 1) await endOne()
  await Promise.all(all)
  expect(begun.slice(2, 6)).toEqual(['person', 'person', 'person', 'background'])
  expect(begun.slice(2).filter((name) => name === 'background')).toHaveLength(3)
  expect(begun.indexOf('background')).toBeLessThan(begun.lastIndexOf('person'))
})

test('a long reading leaves one turn for a look', async () => {
  const { load } = opened({ statements: 3, connections: 3 })
  const { hold, begun, endOne } = holding(load)
  const all = [hold('long', 'long'), hold('long', 'long'), hold('third long', 'long'), hold('look')]
  await vi.waitFor(() => expect(begun).toEqual(['long', 'long', 'look']))
  for (let n = 0; n < 4; n += 1) await endOne()
  await Promise.all(all)
})

test('whoever waits too long is told that the source is busy, and leaves no turn behind', async () => {
  const { load } = opened({ waitSec: 0.05 })
  const { hold, endOne } = holding(load)
  const all = [hold('one'), hold('two')]
  const late = load.turn('short', () => Promise.resolve('done'), never)
  await expect(late).rejects.toMatchObject({ code: 'source-busy', retry: 'later' })
  await endOne()
  await endOne()
  await Promise.all(all)
  expect(await load.turn('short', () => Promise.resolve('done'), never)).toBe('done')
})

test('whoever is cancelled while waiting is gone at once', async () => {
  const { load } = opened()
  const { hold, endOne } = holding(load)
  const all = [hold('one'), hold('two')]
  const stop = new AbortController()
  const waiting = load.turn('short', () => Promise.resolve(), stop.signal)
  stop.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
  await endOne()
  await endOne()
  await Promise.all(all)
})

test('a connection that nobody uses makes room for another pool', async () => {
  const { load } = opened()
  const [one, two] = [await load.room(never), await load.room(never)]
  const gaveUp: string[] = []
  one.idle(() => {
    gaveUp.push('one')
    one.free()
  })
  const third = await load.room(never)
  expect(gaveUp).toEqual(['one'])
  const fourth = load.room(never)
  two.idle(() => {
    gaveUp.push('two')
    two.free()
  })
  ;(await fourth).free()
  third.free()
  expect(gaveUp).toEqual(['one', 'two'])
})

test('there are never more statements than connections, and what is not said is the default', () => {
  expect(loadOf({})).toEqual(defaultLoad)
  expect(loadOf({ load: { connections: 4 } })).toEqual({ ...defaultLoad, connections: 4, statements: 4 })
})

/** A source that was calm, and is slow now. */
async function slowSource() {
  const clock = manualClock()
  const loads = openLoads({ clock })
  const load = loads.of('orders', defaultLoad)
  for (let n = 0; n < 10; n += 1) load.committed(5)
  for (let n = 0; n < 5; n += 1) load.committed(500)
  return { clock, loads, load }
}

test('work in the background makes pauses while the database is slow, each longer than the last, up to a limit', async () => {
  const { clock, loads, load } = await slowSource()
  expect(loads.slower('orders')).toBe(100)
  const pauses: number[] = []
  for (let n = 0; n < 8; n += 1) {
    const beganMs = clock.now().getTime()
    let over = false
    const breathing = load.breathe(never).then(() => (over = true))
    for (let step = 0; step < 200 && !over; step += 1) {
      load.committed(500)
      await clock.advance(100)
    }
    await breathing
    pauses.push(clock.now().getTime() - beganMs)
  }
  expect(pauses.map((ms) => Math.round(ms / 500) * 500)).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
  ])
})

test('a pause ends when the database is itself again, and the next one is short', async () => {
  const { clock, loads, load } = await slowSource()
  const heard: (number | null)[] = []
  loads.watch(() => heard.push(loads.slower('orders')))
  for (let n = 0; n < 5; n += 1) {
    const breathing = load.breathe(AbortSignal.timeout(1))
    await new Promise((later) => setTimeout(later, 5))
    await clock.advance(500)
    await breathing
  }
  const breathing = load.breathe(never)
  for (let n = 0; n < 3; n += 1) load.committed(5)
  await clock.advance(600)
  await breathing
  expect(loads.slower('orders')).toBeNull()
  expect(heard).toEqual([null])
})

test('whoever stops the work ends the pause', async () => {
  const { load } = await slowSource()
  const stop = new AbortController()
  const breathing = load.breathe(stop.signal)
  stop.abort()
  await breathing
})
