import { expect, test } from 'vitest'
import { createRamp, RAMP_STEPS } from '../../src-main/app/jobs/ramp.ts'

test('a ramp that nobody wants is over before it begins', () => {
  expect(createRamp(false).step).toBeNull()
})

test('each step is larger than the one before, as long as the answers are good', () => {
  const ramp = createRamp(true)
  const taken: number[] = []
  for (let step = ramp.step; step !== null; step = ramp.step) {
    taken.push(step)
    expect(ramp.judge({ answers: step, confirmed: step })).toBeNull()
  }
  expect(taken).toEqual([1, 5, 20, 100])
  expect(taken).toEqual([...RAMP_STEPS])
})

test('the first message alone decides whether there is a second', () => {
  const ramp = createRamp(true)
  expect(ramp.judge({ answers: 1, confirmed: 0 })).toEqual({
    reason: '1 of the 1 messages of a ramp step were not confirmed',
    pulled: { limit: 'failure-ratio', seen: 1, allowed: 0.5, queue: null },
  })
  expect(ramp.step).toBe(1)
})

test('half of a step that fails is the end, less is not', () => {
  const steps = (answers: number, confirmed: number): string | undefined => {
    const ramp = createRamp(true)
    ramp.judge({ answers: 1, confirmed: 1 })
    ramp.judge({ answers: 5, confirmed: 5 })
    expect(ramp.step).toBe(20)
    return ramp.judge({ answers, confirmed })?.reason
  }
  expect(steps(20, 11)).toBeUndefined()
  expect(steps(20, 10)).toContain('10 of the 20')
  // The last step of a small plan is not a full one.
  expect(steps(2, 1)).toContain('1 of the 2')
})

test('a step without an answer is taken again', () => {
  const ramp = createRamp(true)
  expect(ramp.judge({ answers: 0, confirmed: 0 })).toBeNull()
  expect(ramp.step).toBe(1)
})
