import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameOf, ranges, seriesOf } from '../../src-main/domain/sample-series.ts'
import type { Range } from '../../src-main/domain/sample-series.ts'
import { samplesKept } from '../../src-main/domain/sample.ts'
import { sourceSample } from '../support/alert-samples.ts'

const NOW_MS = Date.parse('2026-01-02T10:17:31Z')
const failing = (atMs: number, count: number, oldestSec: number | null = null) =>
  sourceSample({ failed: { count, atLeast: false, oldestSec } }, { atMs })

test('cells hold the worst of their samples; one without a sample, or without an answer, holds nothing', () => {
  const frame = frameOf('1h', NOW_MS)
  const at = (cell: number, second: number): number => frame.fromMs + cell * frame.cellMs + second * 1_000
  const samples = [
    failing(at(3, 5), 4, 10),
    failing(at(3, 35), 9, 40),
    failing(at(3, 65), 2, 70),
    failing(at(5, 0), 0),
    sourceSample({}, { atMs: at(6, 1), levels: null, code: 'host-unreachable' }),
  ]
  const { backlog, oldestSec, levels } = seriesOf(samples, frame)
  expect(backlog.slice(2, 8)).toEqual([null, 9, null, 0, null, null])
  expect(oldestSec.slice(2, 8)).toEqual([null, 70, null, 0, null, null])
  expect(levels.failed[3]).toBe(9)
  expect(levels.stuck[3]).toBe(0)
  expect(backlog).toHaveLength(frame.cells)
})

test('outcomes are told of a cell whose cell before was looked at; after a hole nobody knows when they came', () => {
  const frame = frameOf('1h', NOW_MS)
  const summed = (cell: number, confirmed: number) =>
    sourceSample(
      {},
      {
        atMs: frame.fromMs + cell * frame.cellMs + 1_000,
        sums: { confirmed, returned: 0, refused: confirmed / 10, unknown: 0 },
      },
    )
  const samples = [summed(-1, 100), summed(0, 150), summed(1, 150), summed(3, 400), summed(4, 410)]
  const { outcomes } = seriesOf(samples, frame)
  expect(outcomes.confirmed.slice(0, 6)).toEqual([50, 0, null, null, 10, null])
  expect(outcomes.refused.slice(0, 5)).toEqual([5, 0, null, null, 1])
})

test('a sample is in one cell, wherever in the frame, and the last cell holds this moment', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(ranges) as Range[])),
      fc.integer({ min: 0, max: 2_000_000_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (range, nowMs, part) => {
        const frame = frameOf(range, nowMs)
        const endMs = frame.fromMs + frame.cells * frame.cellMs
        expect(nowMs).toBeGreaterThanOrEqual(endMs - frame.cellMs)
        expect(nowMs).toBeLessThan(endMs)
        const atMs = Math.min(nowMs, Math.floor(frame.fromMs + part * (nowMs - frame.fromMs)))
        const { backlog } = seriesOf([failing(atMs, 7)], frame)
        expect(backlog.filter((value) => value !== null)).toEqual([7])
      },
    ),
  )
})

test('a cell is never narrower than samples of its age lie apart', () => {
  for (const { cells, cellMs } of Object.values(ranges)) {
    const ageMs = cells * cellMs
    expect(ageMs).toBeLessThan(samplesKept.ageMsMax)
    for (const { afterMs, everyMs } of samplesKept.thin)
      if (ageMs > afterMs + everyMs) expect(cellMs % everyMs).toBe(0)
  }
})
