import { expect, test } from 'vitest'
import { parseMapping } from '../../src-main/adapters/mapping-schema/parse.ts'
import type { Cells } from '../../src-main/domain/mapping/codes.ts'
import { proposeMapping } from '../../src-main/domain/mapping/propose.ts'
import type { SurveyedColumn, SurveyedTable } from '../../src-main/domain/mapping/surveyed.ts'
import { plain } from '../../src-main/domain/text.ts'

const column = (name: string, type: string, more: Partial<SurveyedColumn> = {}): SurveyedColumn => ({
  ...{ name, type, nullable: true, comment: null, labels: [] },
  ...more,
})

function table(state: SurveyedColumn): SurveyedTable {
  return {
    ...{ schema: 'public', table: 'x_1', comment: null, keys: [['id']] },
    columns: [
      column('id', 'bigint', { nullable: false }),
      state,
      column('payload', 'jsonb'),
      column('topic', 'text'),
      column('sent_at', 'timestamp with time zone'),
      column('attempts', 'integer'),
      column('last_error', 'text'),
      column('created_at', 'timestamp with time zone'),
    ],
  }
}

function row(status: string, more: Cells = {}): Cells {
  return {
    id: '1',
    status,
    payload: '{}',
    topic: 't',
    sent_at: null,
    attempts: '0',
    last_error: null,
    ...more,
  }
}

const rows: readonly Cells[] = [
  ...Array.from({ length: 5 }, () => row('7')),
  ...Array.from({ length: 5 }, () => row('8', { sent_at: '2026-01-01 00:00:00+00', attempts: '1' })),
  ...Array.from({ length: 5 }, () => row('9', { attempts: '3', last_error: 'refused' })),
  row('10'),
]

test('a number means what the data says of its rows, and nothing where they are few', () => {
  const proposal = proposeMapping({ table: table(column('status', 'smallint')), neighbours: [], rows })
  expect(proposal.mapping.states).toEqual([
    { state: 'sent', when: { column: 'status', equals: 8 } },
    { state: 'failed', when: { column: 'status', equals: 9 } },
    { state: 'pending', when: { column: 'status', equals: 7 } },
  ])
  expect(proposal.mapping.retry).toEqual({
    from: ['failed'],
    set: { status: 7, attempts: 0, last_error: null },
  })
  const ten = proposal.guesses.find(({ says }) => plain(says).startsWith('status = 10 '))
  expect(ten).toMatchObject({ confidence: 0 })
  expect(proposal.score).toBeGreaterThan(0.7)
  expect(() => parseMapping(structuredClone(proposal.mapping), 'test')).not.toThrow()
})

test('without data a number means nothing, a comment tells it, and a word tells itself', () => {
  const bare = proposeMapping({ table: table(column('status', 'smallint')), neighbours: [], rows: [] })
  expect(bare.mapping.states).toEqual([{ state: 'unknown', when: { all: [] } }])
  expect(bare.mapping.retry).toBeUndefined()

  const comment = '0: 待发送, 1=sending, 2 - sent, 3=failed'
  const few = ['0', '1', '2', '3'].map((code) => row(code))
  const told = proposeMapping({
    table: table(column('status', 'int', { comment })),
    neighbours: [],
    rows: few,
  })
  expect(told.mapping.states.map(({ state }) => state)).toEqual(['sent', 'failed', 'in-flight', 'pending'])

  const labels = ['NEW', 'PUBLISHED', 'DEAD', 'odd']
  const words = proposeMapping({
    table: table(column('status', 'text', { labels })),
    neighbours: [],
    rows: [],
  })
  expect(words.mapping.states).toEqual([
    { state: 'sent', when: { column: 'status', equals: 'PUBLISHED' } },
    { state: 'failed', when: { column: 'status', equals: 'DEAD' } },
    { state: 'pending', when: { column: 'status', equals: 'NEW' } },
  ])
})

test('the name of the table changes nothing, and a table of another kind is no outbox', () => {
  const one = { table: table(column('status', 'smallint')), neighbours: [], rows }
  expect(proposeMapping({ ...one, table: { ...one.table, table: 'outbox' } })).toEqual(proposeMapping(one))
  const customers: SurveyedTable = {
    ...{ schema: 'public', table: 'outbox', comment: null, keys: [['id']] },
    columns: [column('id', 'bigint'), column('email', 'text'), column('born', 'date')],
  }
  expect(proposeMapping({ table: customers, neighbours: [], rows: [] }).score).toBeLessThan(0.3)
})
