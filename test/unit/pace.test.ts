import { expect, test } from 'vitest'
import { createPace } from '../../src-main/app/jobs/pace.ts'

const never = new AbortController().signal

/** A clock that stands still but for sleeps, and can be set. */
function steppedClock() {
  let nowMs = 1_000_000
  const slept: number[] = []
  return {
    slept,
    set: (ms: number) => {
      nowMs = ms
    },
    now: () => new Date(nowMs),
    sleep: async (ms: number) => {
      slept.push(ms)
      nowMs += ms
    },
  }
}

test('messages go out evenly spread', async () => {
  const clock = steppedClock()
  const pace = createPace(20, clock)
  for (let count = 0; count < 4; count += 1) await pace(never)
  expect(clock.slept).toEqual([50, 50, 50])
})

test('a job whose clock is set back goes on', async () => {
  const clock = steppedClock()
  const pace = createPace(20, clock)
  await pace(never)
  await pace(never)
  clock.set(1_000_000 - 3_600_000)
  await pace(never)
  await pace(never)
  expect(clock.slept).toEqual([50, 50, 50])
})

test('a pause is not made good by a burst', async () => {
  const clock = steppedClock()
  const pace = createPace(20, clock)
  await pace(never)
  clock.set(1_060_000)
  for (let count = 0; count < 3; count += 1) await pace(never)
  expect(clock.slept).toEqual([50, 50])
})
