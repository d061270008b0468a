import { expect, test } from 'vitest'
import { FLOW_ROWS_MAX, FLOW_WINDOW_SEC, flowOf } from '../../src-main/domain/flow.ts'
import type { Message } from '../../src-main/domain/message.ts'

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const row = (ageSec: number, state: Message['state'] = 'pending', attempts: number | null = 0) => ({
  createdAt: new Date(nowMs - ageSec * 1_000).toISOString(),
  state,
  attempts,
  attemptsMax: 3,
})
const flow = (rows: Parameters<typeof flowOf>[0], sentLeave = false) => flowOf(rows, { nowMs, sentLeave })

test('what came in lately is told with what became of it, and older rows are not counted', () => {
  const rows = [
    row(1),
    row(5, 'sent', 1),
    row(9, 'retrying', 2),
    row(20, 'failed', 3),
    row(800, 'consumed', 1),
    row(FLOW_WINDOW_SEC, 'failed', 3),
    row(90_000),
  ]
  expect(flow(rows)).toEqual({
    overSec: FLOW_WINDOW_SEC,
    came: 5,
    sent: 2,
    untried: 1,
    tried: 1,
    usedUp: 1,
    sentLeave: false,
  })
})

test('where more came than are read, the time is as short as they span', () => {
  const rows = Array.from({ length: FLOW_ROWS_MAX }, (_, at) => row(at / 10, 'sent', 1))
  expect(flow(rows)).toMatchObject({ came: FLOW_ROWS_MAX, overSec: (FLOW_ROWS_MAX - 1) / 10 })
  // All in one moment is no division by zero.
  expect(flow(Array.from({ length: FLOW_ROWS_MAX }, () => row(0)))).toMatchObject({ overSec: 1 })
})

test('nothing is guessed: without times no flow, without attempts none of these', () => {
  expect(flow([{ ...row(1), createdAt: null }])).toBeNull()
  expect(flow([row(1, 'pending', null)])).toMatchObject({ came: 1, untried: null, tried: null, usedUp: null })
  expect(flow([], true)).toMatchObject({ came: 0, sent: 0, sentLeave: true, overSec: FLOW_WINDOW_SEC })
  // A clock of the server that is ahead.
  expect(flow([row(-5)])).toMatchObject({ came: 1 })
})
