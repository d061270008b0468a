import { describe, expect, test } from 'vitest'
import { boxesOf, conditionOf } from '../../src-renderer/features/mapping/condition.ts'
import { withPart } from '../../src-renderer/features/mapping/mapping-json.ts'
import { lineOf } from '../../src-renderer/features/mapping/text-place.ts'
import {
  fieldText,
  literalText,
  readField,
  readLiteral,
  readNames,
} from '../../src-renderer/features/mapping/value-text.ts'
import { ELSEWHERE, NO_STATUS, TWO_STATUSES } from '../support/invented-layouts.ts'

type Json = Parameters<typeof literalText>[0]
const back = (text: string): unknown => {
  const read = readLiteral(text)
  return read.ok ? read.value : 'not ok'
}

describe('values as one line', () => {
  test.each<[string, Json]>([
    ['2', 2],
    ['null', null],
    ['true', true],
    ['bad', 'bad'],
    ['"2"', '2'],
    ['"now()"', 'now()'],
    ['""', ''],
    ['now()', { is: 'now' }],
    ['column(tries_max)', { column: 'tries_max' }],
    ['count(tries)', { count: 'tries' }],
    ['setting(limit)', { setting: 'limit' }],
    ['{"is":"now","minusSec":1}', { is: 'now', minusSec: 1 }],
  ])('%s', (text, value) => {
    expect(literalText(value)).toBe(text)
    expect(back(text)).toEqual(value)
  })

  test('a field takes a bare word for a column, a quoted one for a text', () => {
    expect(readField('topic')).toEqual({ ok: true, value: 'topic' })
    expect(readField('"orders"')).toEqual({ ok: true, value: { text: 'orders' } })
    expect(fieldText({ text: 'orders' })).toBe('"orders"')
    expect(readField('{"path": [')).toEqual({ ok: false })
    expect(readField('  ')).toEqual({ ok: true, value: undefined })
    expect(readNames('tenant, no')).toEqual({ ok: true, value: ['tenant', 'no'] })
    // A column whose name looks like something else stays that column.
    for (const name of ['{odd', 'now()', '"quoted"'])
      expect(readField(fieldText(name))).toEqual({ ok: true, value: { column: name } })
  })
})

describe('conditions in boxes', () => {
  const rules = [TWO_STATUSES, NO_STATUS, ELSEWHERE].flatMap(({ states }) => states.map(({ when }) => when))

  test.each(rules.map((when) => [JSON.stringify(when), when] as const))(
    '%s comes back as it was',
    (_, when) => {
      expect(conditionOf(boxesOf(when as Json))).toEqual({ ok: true, value: when })
    },
  )

  test('those that people write most fit into the boxes', () => {
    expect(boxesOf({ value: { count: 'tries' }, atLeast: { column: 'tries_max' } })).toEqual({
      left: 'count(tries)',
      operator: 'atLeast',
      right: 'column(tries_max)',
    })
    expect(boxesOf({ column: 'state', in: ['new', '2'] }).right).toBe('new, "2"')
    expect(boxesOf({ not: { exists: 'doc' } }).operator).toBe('json')
    expect(conditionOf({ left: '', operator: 'equals', right: '2' }).ok).toBe(false)
  })
})

test('a part that is taken out takes what it leaves empty with it', () => {
  expect(withPart({ key: 'id', chain: { key: 'a' } }, ['chain', 'key'], undefined)).toEqual({ key: 'id' })
  expect(withPart({ key: 'id' }, ['payload', 'value'], 'body')).toEqual({
    key: 'id',
    payload: { value: 'body' },
  })
})

test('a fault is found in the text by its place', () => {
  const text = JSON.stringify({ key: 'id', states: [{ state: 'sent' }, { state: 'bad', when: {} }] }, null, 2)
  const lines = text.split('\n')
  const at = (place: string): string | undefined => lines[lineOf(text, place) - 1]?.trim()
  expect(at('states[1].when')).toBe('"when": {}')
  expect(at('key')).toBe('"key": "id",')
  // What is not there is told where it belongs.
  expect(at('states[0].when')).toBe('{')
  expect(at('relay')).toBe('{')
})
