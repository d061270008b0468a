import { expect, test } from 'vitest'
import { createMeter } from '../../src-main/app/jobs/meter.ts'
import { manualClock } from '../support/manual-clock.ts'

test('no rate before the first second is over', async () => {
  const clock = manualClock()
  const meter = createMeter(clock)
  meter.note(50)
  expect(meter.rate()).toBeNull()
  await clock.advance(999)
  expect(meter.rate()).toBeNull()
  await clock.advance(1)
  expect(meter.rate()).toBe(50)
})

test('the rate is that of whole seconds: the one that runs is left out', async () => {
  const clock = manualClock()
  const meter = createMeter(clock)
  for (let second = 0; second < 4; second += 1) {
    for (let part = 0; part < 10; part += 1) {
      meter.note(20)
      await clock.advance(100)
    }
  }
  expect(meter.rate()).toBe(200)
  meter.note(1_000_000)
  expect(meter.rate()).toBe(200)
})

test('what was long ago is forgotten: a job that stands still shows it', async () => {
  const clock = manualClock()
  const meter = createMeter(clock)
  meter.note(900)
  await clock.advance(1_000)
  expect(meter.rate()).toBe(900)
  await clock.advance(8_000)
  expect(meter.rate()).toBe(100)
  await clock.advance(1_000)
  expect(meter.rate()).toBe(0)
  for (let second = 0; second < 60; second += 1) {
    meter.note(30)
    await clock.advance(1_000)
  }
  expect(meter.rate()).toBe(30)
})
