import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { mappedTable, signal } from '../support/mapped-table.ts'

const MAPPING: Mapping = {
  profile: 'explained',
  key: 'id',
  messageId: 'id',
  times: {},
  states: [
    { state: 'failed', when: { column: 'state', equals: 'bad' } },
    { state: 'pending', when: { column: 'flag', equals: 1 } },
  ],
  sentRows: 'deleted',
  relay: { model: 'poller' },
  retry: { set: { state: 'new' } },
}

test('each statement is explained and none is run; what no index serves is warned of', async () => {
  const { database, outbox } = await mappedTable(
    `create table e (id uuid primary key, state text, flag int); create index on e (state);
     insert into e select gen_random_uuid(), 'bad', 1 from generate_series(1, 50)`,
    'public.e',
    MAPPING,
  )
  const statements = await outbox.explain(signal())
  expect(statements.map(({ name, warnings }) => [name, warnings.length])).toEqual([
    ['list failed', 0],
    ['list pending', 1],
    ['retry', 0],
  ])
  expect(statements[1]!.warnings[0]!.text).toContain('walked along its key')
  expect(statements[2]!.text).toMatch(/^update "public"\."e" t set "state" = \$\d/)
  expect(statements.every(({ plan }) => plan.length > 0)).toBe(true)
  expect(await database.sql(`select count(*) as n from e where state = 'bad'`)).toEqual([{ n: '50' }])
})
