import { expect, onTestFinished, test } from 'vitest'
import { openMysqlEvidence } from '../../src-main/adapters/outbox-mysql/evidence.ts'
import { openMysqlSurvey } from '../../src-main/adapters/outbox-mysql/survey.ts'
import { openPostgresEvidence } from '../../src-main/adapters/outbox-postgres/evidence.ts'
import { openPostgresSurvey } from '../../src-main/adapters/outbox-postgres/survey.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import { allOf, byMessageId, countOf, openMapped, signal } from '../support/mapped-table.ts'
import { mariadbPassword, ticked } from '../support/mariadb.ts'
import { mysqlDatabase } from '../support/mysql.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

type Place = (typeof PLACES)[number]
const PLACES = [
  ...(['key', 'tenant', 'messageId', 'type', 'chain', 'previous', 'exchange', 'routing', 'headers'] as const),
  ...(['created', 'updated', 'next', 'attempts', 'error', 'state', 'tries', 'word'] as const),
] as const

/** What differs between the servers: how names are quoted and how long they are, types, and what a schema is. */
interface Kind {
  readonly driver: SourceDriver
  readonly quoted: (name: string) => string
  readonly names: Readonly<Record<Place, string>>
  readonly tables: readonly string[]
  readonly types: Readonly<Partial<Record<Place, string>>>
  readonly text: string
  /** An empty database and the hostile name of what its tables are in. */
  readonly open: () => Promise<{ readonly database: TestDatabase; readonly schema: string }>
  readonly places: (count: number) => readonly string[]
  readonly survey: typeof openPostgresSurvey
  readonly evidence: typeof openPostgresEvidence
  readonly password: () => Promise<string>
}

const names = {
  key: 'i"d',
  tenant: 'a.b',
  messageId: '"; drop table "cap.published"; --',
  type: 'select',
  previous: '$1',
  exchange: "it's",
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

const KINDS: readonly Kind[] = [
  {
    driver: 'postgres',
    quoted: (name) => `"${name.replaceAll('"', '""')}"`,
    // 63 bytes: the longest name that PostgreSQL keeps.
    names: { ...names, chain: 'l'.repeat(63), routing: '数据库🙂' },
    tables: ['cap.published', 'quo"ted', 'SELECT', "';--", '${table}', `tbl.${'é'.repeat(29)}x`],
    types: {
      ...{ key: 'int not null', tenant: 'text not null', created: 'timestamptz default now()' },
      ...{ updated: 'timestamptz', next: 'timestamptz', attempts: 'int', headers: 'jsonb' },
    },
    text: 'text',
    async open() {
      const [database, schema] = [await testDatabase({ empty: true }), 'we"ird.schéma']
      await database.sql(`create schema ${this.quoted(schema)}`)
      return { database, schema }
    },
    places: (count) => Array.from({ length: count }, (_, index) => `$${index + 1}`),
    survey: openPostgresSurvey,
    evidence: openPostgresEvidence,
    password: async () => serverAddress().password,
  },
  {
    driver: 'mysql',
    quoted: ticked,
    // 64 characters: the longest name of MySQL, which knows no names with characters beyond the first plane.
    names: {
      ...names,
      messageId: '`; drop table `cap.published`; --',
      chain: '界'.repeat(64),
      routing: 'a`b``数据库',
    },
    tables: ['cap.published', 'quo"t`ed', 'SELECT', "';--", '${table}', `tbl.${'é'.repeat(60)}`],
    types: {
      ...{ key: 'int not null', tenant: 'varchar(99) not null', created: 'timestamp default now()' },
      ...{ updated: 'timestamp null', next: 'timestamp null', attempts: 'int', headers: 'json' },
    },
    text: 'varchar(99)',
    async open() {
      const database = await mysqlDatabase({ empty: true, suffix: '_we"ird.`sché' })
      return { database, schema: database.name }
    },
    places: (count) => Array.from({ length: count }, () => '?'),
    survey: openMysqlSurvey,
    evidence: openMysqlEvidence,
    password: async () => mariadbPassword(),
  },
]

const HOSTILE = [
  `'; drop table x; --`,
  '"',
  '\\',
  '$1',
  '{"a":1}',
  '%_!',
  '漢字🙂',
  '${x}',
  "E'\\n",
  '`',
  '?',
]

function mappingOf(NAMES: Kind['names'], companionTable: string): Mapping {
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

const cases = KINDS.flatMap((kind) => kind.tables.map((table) => [kind.driver, table, kind] as const))

test.each(cases)('hostile names and values in every place, %s, table %s', async (_driver, table, kind) => {
  const { quoted, names: NAMES, types, text, places } = kind
  const { database, schema } = await kind.open()
  const outbox = `${quoted(schema)}.${quoted(table)}`
  const companion = `${quoted(schema)}.${quoted(`c.${table}`.slice(0, 40))}`
  const columns = PLACES.filter((place) => place !== 'word')
  await database.sql(
    `create table ${outbox} (${columns.map((place) => `${quoted(NAMES[place])} ${types[place] ?? text}`).join(', ')},
       primary key (${quoted(NAMES.tenant)}, ${quoted(NAMES.key)}));
     create table ${companion} (${quoted(NAMES.key)} int, ${quoted(NAMES.word)} ${text});${witness()}`,
  )
  const opened = await openMapped(database, outbox, mappingOf(NAMES, companion))
  const filled = [
    NAMES.tenant,
    NAMES.key,
    NAMES.messageId,
    NAMES.type,
    NAMES.chain,
    NAMES.exchange,
    NAMES.error,
  ]
  for (const [index, value] of HOSTILE.entries()) {
    const cells = [value, index, value, value, value, value, value, 'open', index % 2 === 0 ? `'y` : `"n`]
    await database.sql(
      `insert into ${outbox} (${[...filled, NAMES.state, NAMES.tries].map(quoted).join(', ')})
       values (${places(cells.length).join(', ')})`,
      cells,
    )
    await database.sql(`insert into ${companion} values (${places(2).join(', ')})`, [index, value])
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
  expect(await countOf(opened, { states: ['failed'] })).toBe(Math.ceil(HOSTILE.length / 2))
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
  await expectSurveyed(kind, database, { schema, table })
  await expectEvidence(kind, database, outbox)
  expect(await database.sql('select count(*) as n from x')).toEqual([{ n: '1' }])
})

/** A look through the database finds the table by its name, and all of its rows. */
async function expectSurveyed(
  { survey: open, names: NAMES, password }: Kind,
  database: TestDatabase,
  { schema, table }: { readonly schema: string; readonly table: string },
): Promise<void> {
  const survey = await open({ config: { url: database.url }, password })
  onTestFinished(() => survey.close())
  const found = (await survey.tables(signal())).find((one) => one.schema === schema && one.table === table)
  expect(found?.keys).toEqual([[NAMES.tenant, NAMES.key]])
  const rows = await survey.sample(found!, signal())
  expect(rows.map((row) => row[NAMES.messageId]).sort()).toEqual([...HOSTILE].sort())
}

/** The same table as a receiver's. */
async function expectEvidence(
  { evidence: open, names: NAMES, password }: Kind,
  database: TestDatabase,
  table: string,
) {
  const config = { table, messageId: NAMES.messageId, processedAt: NAMES.created, retentionSec: null }
  const reader = await open({ config, at: { url: database.url }, password }, signal())
  onTestFinished(() => reader.close())
  const asked = [...HOSTILE, 'not there'].map((messageId) => ({ id: '1', messageId, createdAt: null }))
  const verdicts = (await reader.look(asked, signal())).map(({ verdict }) => verdict)
  expect(verdicts).toEqual([...HOSTILE.map(() => 'consumed'), 'not-seen-within-retention'])
}

/** What an injection of the values above would drop. */
function witness(): string {
  return 'create table x (n int); insert into x values (1)'
}

test.each(KINDS)('a name that the catalogue of $driver does not have reaches no statement', async (kind) => {
  const database =
    kind.driver === 'mysql' ? await mysqlDatabase({ empty: true }) : await testDatabase({ empty: true })
  await database.sql('create table t (id int primary key, state varchar(20)); create table u (id int)')
  const mapping: Mapping = {
    profile: 'small',
    key: 'id',
    messageId: 'id',
    times: {},
    states: [{ state: 'pending', when: { all: [] } }],
    sentRows: 'deleted',
    relay: { model: 'poller' },
  }
  const bad = kind.driver === 'mysql' ? 'state` from t; drop table u; --' : 'state" from t; drop table u; --'
  for (const change of [
    { type: bad },
    { states: [{ state: 'pending', when: { column: bad, equals: 1 } }] },
    { retry: { set: { [bad]: 1 } } },
    { companions: { c: { table: 'u', on: { column: bad, equals: { row: 'id' } } } } },
    { times: { created: bad } },
  ] as const) {
    await expect(openMapped(database, 't', { ...mapping, ...change })).rejects.toMatchObject({
      code: 'column-missing',
      detail: { columns: bad },
    })
  }
  const companions = { c: { table: 'no; such', on: { column: 'id', equals: { row: 'id' } } } }
  await expect(openMapped(database, 't', { ...mapping, companions })).rejects.toMatchObject({
    code: 'table-missing',
  })
  expect(await database.sql('select count(*) as n from u')).toEqual([{ n: '0' }])
})
