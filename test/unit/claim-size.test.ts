import { expect, test } from 'vitest'
import { CLAIM_CONTENT_MAX, createClaimSize, FIRST_CLAIM_ROWS } from '../../src-main/app/jobs/claim-size.ts'

function rowsOf(count: number, characters: number) {
  const content = { payload: 'x'.repeat(characters), headers: null }
  return Array.from({ length: count }, () => ({ content }))
}

test('a run begins with few rows and comes to whole batches where they are small', () => {
  const size = createClaimSize(1_000)
  const asked: number[] = []
  for (let claim = 0; claim < 4; claim += 1) {
    asked.push(size.rows)
    size.note(rowsOf(size.rows, 500))
  }
  expect(asked).toEqual([FIRST_CLAIM_ROWS, 200, 800, 1_000])
})

test('claims of large messages stay within their content, one message at a time where it must be', () => {
  const size = createClaimSize(1_000)
  size.note(rowsOf(50, 1024 * 1024))
  expect(size.rows).toBe(8)
  size.note(rowsOf(2, CLAIM_CONTENT_MAX))
  expect(size.rows).toBe(1)
  // It grows again when they are small again, step by step.
  size.note(rowsOf(1, 100))
  expect(size.rows).toBe(4)
})

test('a claim that got nothing says nothing, and letters weigh what their bodies do', () => {
  const size = createClaimSize(1_000)
  size.note([])
  expect(size.rows).toBe(FIRST_CLAIM_ROWS)
  const body = new Uint8Array(4 * 1024 * 1024)
  size.note([{ content: { payload: '', headers: null }, copy: { body, headers: {}, properties: {} } }])
  expect(size.rows).toBe(2)
})

test('a batch smaller than the first claim is never exceeded', () => {
  const size = createClaimSize(3)
  expect(size.rows).toBe(3)
  size.note(rowsOf(3, 10))
  expect(size.rows).toBe(3)
})
