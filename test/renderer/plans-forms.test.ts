import { describe, expect, test } from 'vitest'
import {
  emptyRow,
  patchRows,
  patchText,
  problemOf,
  type OperationRow,
} from '../../src-renderer/features/plans/patch-form.ts'
import { EDITED_CHARS_MAX } from '../../src-preload/contract/plan-pieces.ts'
import { jsonMistake, payloadProblem } from '../../src-renderer/features/plans/payload-text.ts'
import { readRedirect, redirectProblem } from '../../src-renderer/features/plans/redirect-form.ts'
import { firstRunForm, readRun } from '../../src-renderer/features/plans/run-form.ts'

const row = (part: Partial<OperationRow>): OperationRow => ({ ...emptyRow([]), ...part })

describe('how to run', () => {
  const form = firstRunForm('development')

  test('production begins slowly and with a brake, the others as fast as they can', () => {
    expect(readRun(firstRunForm('production')).options).toEqual({
      rate: null,
      ramp: true,
      brake: { failureRatio: 0.2, returnedMax: 10, queue: null },
    })
    expect(readRun(form).options).toEqual({ rate: null, ramp: false, brake: null })
  })

  test.each([
    ['', null],
    [' 250 ', 250],
    ['0.5', 0.5],
  ])('the speed %j', (rate, read) => {
    expect(readRun({ ...form, rate }).options?.rate).toBe(read)
  })

  test.each(['0', '-1', '1e3', '100001', 'fast', '0x10'])('no speed is %j', (rate) => {
    expect(readRun({ ...form, rate })).toEqual({ options: null, wrong: new Set(['rate']) })
  })

  test('a queue needs its limit, and a limit its queue', () => {
    const braked = { ...form, brake: true }
    expect([...readRun({ ...braked, queue: 'q' }).wrong]).toEqual(['depthMax'])
    expect([...readRun({ ...braked, depthMax: '5' }).wrong]).toEqual(['queue'])
    expect(readRun({ ...braked, queue: 'q', depthMax: '0' }).options?.brake?.queue).toEqual({
      name: 'q',
      depthMax: 0,
    })
  })

  test('a brake without a limit is none, and says so', () => {
    const none = { ...form, brake: true, failurePercent: '', returnedMax: '' }
    expect([...readRun(none).wrong]).toEqual(['brake'])
    // A returned message is one too many: 0 is a limit.
    expect(readRun({ ...none, returnedMax: '0' }).options?.brake?.returnedMax).toBe(0)
    expect([...readRun({ ...none, failurePercent: '101' }).wrong]).toEqual(['failurePercent'])
  })
})

describe('a patch', () => {
  const rows = [
    row({ key: 1, op: 'replace', path: '/amount/value', value: '12345678901234567890.10' }),
    row({ key: 2, op: 'add', path: '/note~1x', value: '{"a":[9007199254740993]}' }),
    row({ key: 3, op: 'move', path: '/b', from: '/a"' }),
    row({ key: 4, op: 'remove', path: '/c' }),
    row({ key: 5 }),
  ]

  test('keeps every digit on its way to the engine and back into the form', () => {
    const text = patchText(rows) ?? ''
    expect(text).toBe(
      '[{"op":"replace","path":"/amount/value","value":12345678901234567890.10},' +
        '{"op":"add","path":"/note~1x","value":{"a":[9007199254740993]}},' +
        '{"op":"move","path":"/b","from":"/a\\""},{"op":"remove","path":"/c"}]',
    )
    expect(patchRows(text)).toEqual(rows.slice(0, 4))
  })

  test('without an operation is none', () => {
    expect(patchText([row({})])).toBeNull()
    expect(patchRows('[]')).toEqual([])
  })

  test.each([
    [{ path: 'a', value: '1' }, 'path'],
    [{ path: '', value: '1' }, 'path'],
    [{ path: '/a~2', value: '1' }, 'path'],
    [{ path: '/a', value: 'EUR' }, 'value'],
    [{ path: '/a', value: '' }, 'value'],
    [{ op: 'copy', path: '/a', from: 'b' }, 'from'],
    [{ path: '/a/', value: '"EUR"' }, null],
    [{ op: 'remove', path: '/a' }, null],
  ] as const)('%j', (part, problem) => {
    expect(problemOf(row(part))).toBe(problem)
  })
})

test.each([
  [{ exchange: null, routingKey: null }, null, null],
  [{ exchange: 'x', routingKey: null }, { exchange: 'x' }, null],
  [{ exchange: '', routingKey: 'queue' }, { exchange: '', routingKey: 'queue' }, null],
  [{ exchange: '', routingKey: '' }, { exchange: '', routingKey: '' }, 'queue-missing'],
  [{ exchange: null, routingKey: 'é'.repeat(128) }, { routingKey: 'é'.repeat(128) }, 'too-long'],
  [{ exchange: 'x\n', routingKey: null }, { exchange: 'x\n' }, 'control'],
])('the destination %j', (form, redirect, problem) => {
  expect(readRedirect(form)).toEqual(redirect)
  expect(redirectProblem(form)).toBe(problem)
})

test('a text that is no JSON says where', () => {
  expect(jsonMistake('{"a": 1}')).toBeNull()
  expect(jsonMistake('{\n  "a": x\n}')).toMatchObject({ line: 2, column: 8 })
  expect(jsonMistake('{"a": 1')).toMatchObject({ line: 1, column: 8 })
})

test('a text that no call would carry is said before it is sent', () => {
  const long = JSON.stringify('x'.repeat(EDITED_CHARS_MAX - 1))
  expect(payloadProblem(long)).toBe('too-long')
  expect(payloadProblem(JSON.stringify('x'.repeat(EDITED_CHARS_MAX - 2)))).toBeNull()
  expect(payloadProblem('{')).toEqual({ line: 1, column: 2 })
})
