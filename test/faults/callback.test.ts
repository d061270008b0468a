import { expect, test } from 'vitest'
import { rabbitBus } from './callback-buses.ts'
import { callbackKilled } from './callback.ts'
import { isClean } from './score.ts'

const COUNT = 1_000

test('the callback service killed and its broker restarted: every confirmation stored, nobody asked for a confirmed one', async () => {
  const score = await callbackKilled(await rabbitBus(), { count: COUNT, kills: 2, restarts: 1 })
  expect(score).toMatchObject({ attempted: 800, acknowledged: 800, lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 240_000)
