import { expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { allOf, byMessageId, countOf, mappedTable, openMapped, signal } from '../support/mapped-table.ts'
import { testDatabase } from '../support/postgres.ts'

/** 63 bytes: the longest name that PostgreSQL keeps. */
const LONGEST = 'l'.repeat(63)
const NAMES = {
  key: 'i"d',
  tenant: 'a.b',
  messageId: '"; drop table "cap.published"; --',
  type: 'select',
  chain: LONGEST,
  previous: '$1',
  exchange: "it's",
  routing: '数据库🙂',
  headers: '\\n\\"',
  created: 'order by',
  updated: 'Group',
  next: ':now',
  attempts: '?',
  error: '%s',
  state: 'null',
  tries: '--',
  word: "E'\\",
} as const

const TABLES = ['cap.published', 'quo"ted', 'SELECT', "';--", '${table}', `tbl.${'é'.repeat(29)}x`]
const HOSTILE = [`'; drop table x; --`, '"', '\\', '$1', '{"a":1}', '%_!', '漢字🙂', '${x}', "E'\\n"]

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function mappingOf(companionTable: string): Mapping {
  return {
    profile: 'hostile',
    key: [NAMES.tenant, NAMES.key],
    messageId: NAMES.messageId,
    type: NAMES.type,
    chain: { key: NAMES.chain, previousId: NAMES.previous },
    destination: { exchange: NAMES.exchange, routingKey: NAMES.routing },
    payload: { value: { of: `co"m'p.`, value: { column: NAMES.word } }, encoding: 'text' },
    headers: { value: NAMES.headers },
    times: { created: NAMES.created, updated: NAMES.updated, nextAttempt: NAMES.next },
    attempts: { value: { count: `co"m'p.` }, limit: { setting: `"'` } },
    lastError: NAMES.error,
    settings: { [`"'`]: 2, [`'; --`]: HOSTILE[0]! },
    scope: { not: { column: NAMES.state, equals: { setting: `'; --` } } },
    deleted: { column: NAMES.state, in: HOSTILE.slice(1) },
    columns: { [NAMES.tries]: { truth: [`'y`, `"n`] } },
    companions: {
      [`co"m'p.`]: {
        table: companionTable,
        on: { column: NAMES.key, equals: { row: NAMES.key } },
      },
    },
    states: [
      { state: 'sent', when: { column: NAMES.state, equals: `s'"` } },
      { state: 'failed', when: { column: NAMES.tries, equals: true } },
      {
        state: 'retrying',
        when: { exists: `co"m'p.`, where: { column: NAMES.word, equals: HOSTILE[0]! } },
      },
      { state: 'pending', when: { columns: [NAMES.state, NAMES.type], atLeast: [`'`, `'`] } },
      { state: 'pending', when: { all: [] } },
    ],
    sentRows: 'kept',
    relay: { model: 'poller' },
    retry: {
      set: { [NAMES.tries]: false, [NAMES.error]: { concat: [`'`, { column: NAMES.type }] } },
      guard: { not: { column: NAMES.error, equals: `x'` } },
      never: [NAMES.messageId],
    },
    resolve: { set: { [NAMES.state]: `s'"`, [NAMES.error]: { is: 'token' } } },
  }
}

test.each(TABLES)('hostile names and values in every place, table %s', async (table) => {
  const schema = 'we"ird.schéma'
  const outbox = `${quoted(schema)}.${quoted(table)}`
  const companion = `${quoted(schema)}.${quoted(`c.${table}`.slice(0, 40))}`
  const columns = Object.entries(NAMES).filter(([place]) => place !== 'word')
  const types: Readonly<Record<string, string>> = {
    key: 'int not null',
    tenant: 'text not null',
    created: 'timestamptz default now()',
    updated: 'timestamptz',
    next: 'timestamptz',
    attempts: 'int',
    headers: 'jsonb',
  }
  const ddl =
    `create schema ${quoted(schema)};
     create table ${outbox} (${columns.map(([place, name]) => `${quoted(name)} ${types[place] ?? 'text'}`).join(', ')},
       primary key (${quoted(NAMES.tenant)}, ${quoted(NAMES.key)}));
     create table ${companion} (${quoted(NAMES.key)} int, ${quoted(NAMES.word)} text);` + witness()
  const { database, outbox: opened } = await mappedTable(ddl, outbox, mappingOf(companion))
  const names = [
    NAMES.tenant,
    NAMES.key,
    NAMES.messageId,
    NAMES.type,
    NAMES.chain,
    NAMES.exchange,
    NAMES.error,
  ]
  for (const [index, value] of HOSTILE.entries()) {
    await database.sql(
      `insert into ${outbox} (${[...names, NAMES.state, NAMES.tries].map(quoted).join(', ')})
       values ($1, $2, $3, $3, $3, $3, $3, 'open', $4)`,
      [value, index, value, index % 2 === 0 ? `'y` : `"n`],
    )
    await database.sql(`insert into ${companion} values ($1, $2)`, [index, value])
  }
  expect((await allOf(opened)).map(({ messageId }) => messageId).sort()).toEqual([...HOSTILE].sort())
  for (const value of HOSTILE) {
    for (const filter of [{ type: value }, { chainKey: value }, { exchange: value }]) {
      expect((await allOf(opened, filter)).map(({ messageId }) => messageId)).toEqual([value])
    }
    const containing = HOSTILE.filter((one) => one.toLowerCase().includes(value.toLowerCase()))
    const byError = await allOf(opened, { error: value })
    expect(byError.map(({ messageId }) => messageId).sort()).toEqual([...containing].sort())
    const found = await byMessageId(opened, value)
    const [row] = await opened.read([found.id], signal())
    expect(row).toMatchObject({ type: value, attemptsMax: 2, attempts: 1, content: { payload: value } })
  }
  for (const by of ['type', 'error', 'destination'] as const) {
    expect((await opened.groups({}, by, 5_000, signal())).groups).toHaveLength(HOSTILE.length)
  }
  expect(await countOf(opened, { states: ['failed'] })).toBe(5)
  const failed = await allOf(opened, { states: ['failed'] })
  const seen = await opened.preview('retry', failed, signal())
  expect(seen.every(({ applied }) => applied)).toBe(true)
  expect(await opened.retry(failed, signal())).toEqual(failed.map(({ id }) => ({ id, applied: true })))
  expect(await countOf(opened, { states: ['failed'] })).toBe(0)
  const [first, second] = await allOf(opened)
  const token = `'"; --\\`
  const [resolved] = await opened.resolve([{ ...first!, token }], signal())
  expect(resolved).toMatchObject({ applied: true })
  expect(await allOf(opened, { states: ['sent'] })).toMatchObject([{ lastError: token }])
  if (resolved?.applied === true) await opened.undo([{ ...resolved }], signal())
  expect(await countOf(opened, { states: ['sent'] })).toBe(0)
  expect((await opened.read([second!.id], signal()))[0]).toEqual(expect.objectContaining({ id: second!.id }))
  expect(await opened.report(signal())).toMatchObject({ table: `${schema}.${table}`, drift: null })
  expect(await database.sql('select count(*) as n from x')).toEqual([{ n: '1' }])
})

/** What an injection of the values above would drop. */
function witness(): string {
  return 'create table x (n int); insert into x values (1)'
}

test('a name that the catalogue does not have reaches no statement', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql('create table t (id int primary key, state text); create table u (id int)')
  const mapping: Mapping = {
    profile: 'small',
    key: 'id',
    messageId: 'id',
    times: {},
    states: [{ state: 'pending', when: { all: [] } }],
    sentRows: 'deleted',
    relay: { model: 'poller' },
  }
  const bad = 'state" from t; drop table u; --'
  for (const change of [
    { type: bad },
    { states: [{ state: 'pending', when: { column: bad, equals: 1 } }] },
    { retry: { set: { [bad]: 1 } } },
    { companions: { c: { table: 'u', on: { column: bad, equals: { row: 'id' } } } } },
    { times: { created: bad } },
  ] as const) {
    await expect(openMapped(database, 'public.t', { ...mapping, ...change })).rejects.toMatchObject({
      code: 'column-missing',
      detail: { columns: bad },
    })
  }
  const companions = { c: { table: 'no; such', on: { column: 'id', equals: { row: 'id' } } } }
  await expect(openMapped(database, 'public.t', { ...mapping, companions })).rejects.toMatchObject({
    code: 'table-missing',
  })
  expect(await database.sql('select count(*) as n from u')).toEqual([{ n: '0' }])
})
