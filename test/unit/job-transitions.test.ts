import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decisionMayMove, decisionStates } from '../../src-main/domain/decision.ts'
import type { DecisionState } from '../../src-main/domain/decision.ts'
import { itemMayMove, itemStates, jobMayMove, jobStates } from '../../src-main/domain/job.ts'
import type { ItemState, JobState } from '../../src-main/domain/job.ts'

function moves<T>(states: readonly T[], mayMove: (from: T, to: T) => boolean): [T, T][] {
  return states.flatMap((from) => states.filter((to) => mayMove(from, to)).map((to): [T, T] => [from, to]))
}

/** Every walk along allowed moves from `start`, as fast-check picks them. */
function walks<T>(states: readonly T[], mayMove: (from: T, to: T) => boolean, start: T): fc.Arbitrary<T[]> {
  return fc.array(fc.nat(), { maxLength: 30 }).map((choices) => {
    const walk = [start]
    for (const choice of choices) {
      const next = states.filter((to) => mayMove(walk.at(-1)!, to))
      if (next.length === 0) break
      walk.push(next[choice % next.length]!)
    }
    return walk
  })
}

test('the moves of a job', () => {
  expect(moves<JobState>(jobStates, jobMayMove)).toEqual([
    ['running', 'paused'],
    ['running', 'interrupted'],
    ['running', 'done'],
    ['running', 'cancelled'],
    ['paused', 'running'],
    ['paused', 'cancelled'],
    ['interrupted', 'running'],
    ['interrupted', 'cancelled'],
  ])
})

test('the moves of an item', () => {
  expect(moves<ItemState>(itemStates, itemMayMove)).toEqual([
    ['planned', 'claiming'],
    ['planned', 'done'],
    ['claiming', 'planned'],
    ['claiming', 'publishing'],
    ['claiming', 'done'],
    ['publishing', 'claiming'],
    ['publishing', 'settling'],
    ['publishing', 'done'],
    ['settling', 'done'],
  ])
})

test('the moves of a decision', () => {
  expect(moves<DecisionState>(decisionStates, decisionMayMove)).toEqual([
    ['intended', 'applied'],
    ['intended', 'not-applied'],
    ['applied', 'undone'],
  ])
})

describe('on every walk of an item', () => {
  const check = (holds: (walk: ItemState[]) => boolean): void => {
    fc.assert(fc.property(walks(itemStates, itemMayMove, 'planned'), holds))
  }
  test('nothing is published without a claim right before it', () => {
    check((walk) => walk.every((state, index) => state !== 'publishing' || walk[index - 1] === 'claiming'))
  })
  test('nothing is marked that was not published', () => {
    check((walk) => walk.every((state, index) => state !== 'settling' || walk[index - 1] === 'publishing'))
  })
  test('an end is the end', () => {
    check((walk) => !walk.slice(0, -1).includes('done'))
  })
  test('once settling there is no second publish', () => {
    check(
      (walk) => !walk.includes('settling') || !walk.slice(walk.indexOf('settling')).includes('publishing'),
    )
  })
})

test('a job that ended never runs again', () => {
  fc.assert(
    fc.property(walks(jobStates, jobMayMove, 'running'), (walk) =>
      walk
        .slice(0, -1)
        .every((state) => state === 'running' || state === 'paused' || state === 'interrupted'),
    ),
  )
})
