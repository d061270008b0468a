import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { allOf, byMessageId, countOf, mappedTable, openMapped, signal } from '../support/mapped-table.ts'

const BASE: Mapping = {
  profile: 'several',
  key: 'id',
  messageId: 'name',
  times: { created: 'made' },
  states: [
    { state: 'sent', when: { column: 'state', equals: 2 } },
    { state: 'failed', when: { column: 'state', equals: 1 } },
    { state: 'pending', when: { column: 'state', equals: 0 } },
  ],
  sentRows: 'kept',
  relay: { model: 'poller' },
  retry: { set: { state: 0 } },
  resolve: { set: { state: 2 } },
}

const SHAPE = `(id bigint primary key, name text, state int, made timestamptz default now())`

test('several tables of one shape are one outbox, and each row is written where it is', async () => {
  const { database, outbox } = await mappedTable(
    `create table message0 ${SHAPE}; create table message1 ${SHAPE}; create table "mess'age2" ${SHAPE};
     create table other (id int);
     insert into message0 values (1, 'a', 1), (3, 'c', 0); insert into message1 values (1, 'b', 1), (4, 'd', 2);
     insert into "mess'age2" values (2, 'e', 1)`,
    'public.message0',
    { ...BASE, tables: { like: 'mess*' } },
  )
  expect((await allOf(outbox)).map(({ messageId, id }) => [messageId, id])).toEqual([
    ['a', '["1","message0"]'],
    ['b', '["1","message1"]'],
    ['e', `["2","mess'age2"]`],
    ['c', '["3","message0"]'],
    ['d', '["4","message1"]'],
  ])
  expect(await countOf(outbox, { trouble: 'failed' })).toBe(3)
  const failed = await allOf(outbox, { states: ['failed'] })
  const [first, ...rest] = failed
  expect(await outbox.retry([...rest, { id: '["9","elsewhere"]', version: '1' }], signal())).toEqual([
    { id: '["1","message1"]', applied: true },
    { id: `["2","mess'age2"]`, applied: true },
    { id: '["9","elsewhere"]', applied: false },
  ])
  expect(await database.sql('select state from message0 where id = 1')).toEqual([{ state: '1' }])
  expect(await database.sql('select state from message1 where id = 1')).toEqual([{ state: '0' }])
  const [resolved] = await outbox.resolve([{ ...first!, token: 't' }], signal())
  expect(resolved).toMatchObject({ id: '["1","message0"]', applied: true })
  expect((await byMessageId(outbox, 'a')).state).toBe('sent')
  expect(await outbox.report(signal())).toMatchObject({ privileges: { select: true, update: true } })
  await expect(
    openMapped(database, 'public.message0', { ...BASE, tables: { also: ['other'] } }),
  ).rejects.toMatchObject({ code: 'column-missing' })
})

test('without a key rows are listed, and one is acted on only where it is the only one of its kind', async () => {
  const { database, outbox } = await mappedTable(
    `create table keyless (name text, state int, made timestamptz);
     insert into keyless values ('one', 1, null), ('twin', 1, null), ('twin', 1, null), (null, 1, now())`,
    'public.keyless',
    { ...BASE, key: { none: ['name'] } },
  )
  const all = await allOf(outbox)
  expect(all.map(({ messageId, id }) => [messageId, id])).toEqual([
    ['one', 'one'],
    ['twin', 'twin'],
    ['twin', 'twin'],
    ['', ''],
  ])
  expect(await countOf(outbox, { states: ['failed'] })).toBe(4)
  const answers = await outbox.retry([all[0]!, all[1]!], signal())
  expect(answers.map(({ applied }) => applied)).toEqual([true, false])
  expect(await database.sql('select count(*) as n from keyless where state = 0')).toEqual([{ n: '1' }])
})

test('a copy is stored where the relay sees inserts only', async () => {
  const { database, outbox } = await mappedTable(
    `create table captured (id uuid primary key, name text, state int default 0, made timestamptz default now(),
       size int generated always as (length(name)) stored)`,
    'public.captured',
    {
      ...BASE,
      states: [{ state: 'pending', when: { all: [] } }],
      relay: { model: 'cdc' },
      retry: { does: 'insert-copy', set: { id: { is: 'new-uuid' }, made: { is: 'now' } } },
    },
  )
  await database.sql(
    `insert into captured (id, name, made) values (gen_random_uuid(), 'event', '2026-01-01')`,
  )
  const [row] = await allOf(outbox)
  expect(await outbox.preview('retry', [row!], signal())).toMatchObject([{ applied: true, message: null }])
  expect(await countOf(outbox, {})).toBe(1)
  expect(await outbox.retry([row!], signal())).toEqual([{ id: row!.id, applied: true }])
  const rows = await database.sql(
    `select id, name, size, made > now() - interval '1 minute' as fresh from captured`,
  )
  expect(rows).toHaveLength(2)
  expect(rows.map(({ name, size }) => [name, size])).toEqual([
    ['event', '5'],
    ['event', '5'],
  ])
  expect(rows.map(({ fresh }) => fresh).sort()).toEqual(['f', 't'])
  expect(new Set(rows.map(({ id }) => id)).size).toBe(2)
})

test('a table that is changed under its mapping is only read', async () => {
  const { database, outbox } = await mappedTable(
    `create table shop ${SHAPE}; insert into shop values (1, 'a', 1)`,
    'public.shop',
    BASE,
  )
  const [row] = await allOf(outbox)
  expect((await outbox.report(signal())).drift).toBeNull()
  await database.sql('alter table shop alter column state type text')
  // The server ends the connections, as it does when it is restarted for the change.
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'redrive'`,
  )
  await expect
    .poll(async () => (await outbox.report(signal()).catch(() => null))?.drift?.text ?? null, {
      timeout: 10_000,
    })
    .toContain('public.shop.state is text instead of integer')
  await expect(outbox.retry([row!], signal())).rejects.toMatchObject({
    code: 'mapping-drifted',
    retry: 'never',
  })
  await expect(outbox.resolve([{ ...row!, token: 't' }], signal())).rejects.toMatchObject({
    code: 'mapping-drifted',
  })
  expect(await allOf(outbox)).toHaveLength(1)
})

test('a column that the server computes is refused in what an action writes', async () => {
  const { database } = await mappedTable(
    `create table made ${SHAPE}; alter table made add twice int generated always as (state * 2) stored`,
    'public.made',
    BASE,
  )
  await expect(
    openMapped(database, 'public.made', { ...BASE, retry: { set: { twice: 1 } } }),
  ).rejects.toMatchObject({ code: 'mapping-invalid', detail: { at: 'retry.set' } })
})
