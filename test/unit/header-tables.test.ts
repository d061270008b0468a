import { expect, test } from 'vitest'
import { HeaderTables } from '../../src-main/adapters/broker-rabbitmq/header-tables.ts'
import { HeaderRefusal } from '../../src-main/adapters/broker-rabbitmq/headers.ts'

const own = { 'x-redrive-job': 'job-1', 'x-redrive-attempt': 4 }

test('messages that say the same share one table', () => {
  const tables = new HeaderTables()
  const first = tables.of({ headers: '{"tenant": "a"}', redriveHeaders: own })
  expect(first).toEqual({ tenant: 'a', ...own })
  expect(tables.of({ headers: '{"tenant": "a"}', redriveHeaders: own })).toBe(first)
})

test('other headers, none, or another attempt make a table of their own', () => {
  const tables = new HeaderTables()
  const again = { ...own, 'x-redrive-attempt': 5 }
  for (let turn = 0; turn < 2; turn += 1) {
    expect(tables.of({ headers: '{"tenant": "a"}', redriveHeaders: own })).toEqual({ tenant: 'a', ...own })
    expect(tables.of({ headers: '{"tenant": "b"}', redriveHeaders: own })).toEqual({ tenant: 'b', ...own })
    expect(tables.of({ headers: null, redriveHeaders: own })).toEqual(own)
    expect(tables.of({ headers: '{"tenant": "a"}', redriveHeaders: again })).toEqual({
      tenant: 'a',
      ...again,
    })
  }
})

test('a thousand messages with headers of their own each get theirs', () => {
  const tables = new HeaderTables()
  for (let n = 0; n < 1_000; n += 1) {
    const headers = JSON.stringify({ trace: String(n) })
    expect(tables.of({ headers, redriveHeaders: own })).toEqual({ trace: String(n), ...own })
  }
})

test('headers that cannot be sent are refused each time', () => {
  const tables = new HeaderTables()
  for (let turn = 0; turn < 2; turn += 1) {
    expect(() => tables.of({ headers: '{"a": 1, "a": 2}', redriveHeaders: own })).toThrow(HeaderRefusal)
  }
})
