import { expect, onTestFinished, test } from 'vitest'
import { BRAKE_ANSWERS_MIN, BRAKE_WINDOW, createBrake } from '../../src-main/app/jobs/brake.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Brake as Limits, Tally } from '../../src-main/domain/job.ts'
import type { PublishOutcome } from '../../src-main/domain/outcome.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import { manualClock } from '../support/manual-clock.ts'

const confirmed: PublishOutcome = { outcome: 'confirmed' }
const returned: PublishOutcome = { outcome: 'returned', code: 'unroutable', reason: 'no queue' }
const unknown: PublishOutcome = { outcome: 'unknown', code: 'confirm-timeout', reason: 'silence' }

const none: Tally = {
  confirmed: 0,
  returned: 0,
  refused: 0,
  unknown: 0,
  skipped: 0,
  parked: 0,
  unsettled: 0,
  unmarked: 0,
}
const unwatched: Limits = { failureRatio: null, returnedMax: null, queue: null }

/** What the broker says of the queue, look by look; the last again and again. */
function start(limits: Limits | null, depths: readonly (number | null | RedriveError)[] = [], before = none) {
  const clock = manualClock()
  const looks: string[] = []
  const queueDepth: Broker['queueDepth'] = (queue) => {
    looks.push(queue)
    const depth = depths[Math.min(looks.length, depths.length) - 1] ?? null
    return depth instanceof RedriveError ? Promise.reject(depth) : Promise.resolve(depth)
  }
  const brake = createBrake(limits, { broker: { queueDepth } as Broker, clock, before })
  onTestFinished(() => brake.release())
  const note = (answer: PublishOutcome, times = 1): void => {
    for (let time = 0; time < times; time += 1) brake.note(answer)
  }
  return { brake, note, clock, looks }
}

test('without limits nothing stops a run', async () => {
  for (const limits of [null, unwatched]) {
    const { brake, note, clock, looks } = start(limits)
    note(returned, 500)
    note(unknown, 500)
    await clock.advance(60_000)
    expect(brake.pulled()).toBeNull()
    expect(looks).toEqual([])
  }
})

test('the ratio speaks when there are enough answers, and not before', () => {
  const { brake, note } = start({ ...unwatched, failureRatio: 0.5 })
  note(returned, BRAKE_ANSWERS_MIN - 1)
  expect(brake.pulled()).toBeNull()
  note(confirmed)
  expect(brake.pulled()?.reason).toBe('19 of the last 20 messages were not confirmed')
})

test('a ratio that is just reached is not beyond the limit', () => {
  const { brake, note } = start({ ...unwatched, failureRatio: 0.5 })
  note(confirmed, 10)
  note(unknown, 10)
  expect(brake.pulled()).toBeNull()
  note(unknown)
  expect(brake.pulled()?.reason).toBe('11 of the last 21 messages were not confirmed')
})

test('the ratio is that of the last answers: a good hour does not hide a bad minute', () => {
  const { brake, note } = start({ ...unwatched, failureRatio: 0.2 })
  note(confirmed, 100_000)
  note(unknown, BRAKE_WINDOW * 0.2)
  expect(brake.pulled()).toBeNull()
  note(unknown)
  expect(brake.pulled()?.reason).toBe('21 of the last 100 messages were not confirmed')

  const early = start({ ...unwatched, failureRatio: 0.2 })
  early.note(confirmed, 80)
  early.note(unknown, 20)
  early.note(confirmed, 100)
  early.note(unknown, 20)
  expect(early.brake.pulled()).toBeNull()
})

test('returned messages are counted over the whole job, those of earlier runs too', () => {
  const fresh = start({ ...unwatched, returnedMax: 2 })
  fresh.note(unknown, 50)
  fresh.note(returned, 2)
  expect(fresh.brake.pulled()).toBeNull()
  fresh.note(returned)
  expect(fresh.brake.pulled()?.reason).toBe('3 messages were returned as unroutable')

  const continued = start({ ...unwatched, returnedMax: 2 }, [], { ...none, returned: 2 })
  expect(continued.brake.pulled()).toBeNull()
  continued.note(returned)
  expect(continued.brake.pulled()?.reason).toBe('3 messages were returned as unroutable')
})

test('the first reason stays', () => {
  const { brake, note } = start({ ...unwatched, returnedMax: 0, failureRatio: 0.1 })
  note(returned)
  note(unknown, 50)
  expect(brake.pulled()?.reason).toBe('1 messages were returned as unroutable')
})

const queue = { name: 'orders', depthMax: 100 }

test('a queue is looked at again and again, until it grows beyond the limit', async () => {
  const { brake, clock, looks } = start({ ...unwatched, queue }, [5, 60, 100, 101])
  await clock.advance(0)
  expect(looks).toEqual(['orders'])
  await clock.advance(2_000)
  expect(looks).toHaveLength(3)
  expect(brake.pulled()).toBeNull()
  await clock.advance(1_000)
  expect(brake.pulled()?.reason).toBe('the queue orders holds 101 messages')
  await clock.advance(10_000)
  expect(looks).toHaveLength(4)
})

test('a queue that does not exist or may not be looked at is no limit, so the run stops', async () => {
  const missing = start({ ...unwatched, queue }, [null])
  await missing.clock.advance(0)
  expect(missing.brake.pulled()?.reason).toBe('the queue orders does not exist')
  const denied = start({ ...unwatched, queue }, [
    new RedriveError('permission-denied', 'never', { reason: 'no' }),
  ])
  await denied.clock.advance(0)
  expect(denied.brake.pulled()?.reason).toBe('the queue orders cannot be looked at (permission-denied)')
})

test('a look that fails once is repeated; a broker that stays away is left to the run', async () => {
  const lost = new RedriveError('connection-lost', 'later', { server: 'rabbit' })
  const { brake, clock, looks } = start({ ...unwatched, queue }, [5, lost, lost, 5, 101])
  await clock.advance(3_000)
  expect(looks).toHaveLength(4)
  expect(brake.pulled()).toBeNull()
  await clock.advance(1_000)
  expect(brake.pulled()?.reason).toBe('the queue orders holds 101 messages')
})

test('a queue that cannot be looked at for long is no limit either', async () => {
  const lost = new RedriveError('connection-lost', 'later', { server: 'rabbit' })
  const { brake, clock } = start({ ...unwatched, queue }, [5, lost])
  await clock.advance(3_000)
  expect(brake.pulled()).toBeNull()
  await clock.advance(30_000)
  expect(brake.pulled()?.reason).toBe('the queue orders cannot be looked at (connection-lost)')
})

test('released, it looks no more', async () => {
  const { brake, clock, looks } = start({ ...unwatched, queue }, [5])
  await clock.advance(1_000)
  brake.release()
  await clock.advance(60_000)
  expect(looks).toHaveLength(2)
  expect(brake.pulled()).toBeNull()
  expect(clock.waiting()).toBe(0)
})
