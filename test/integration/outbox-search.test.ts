import { describe, expect, test } from 'vitest'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { SEARCH_ROWS_MAX } from '../../src-main/ports/outbox.ts'
import { allOf, openMapped, signal } from '../support/mapped-table.ts'
import { mysqlDatabase } from '../support/mysql.ts'
import { testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

/** Payloads and headers in the types that a table may have them in. */
const MAPPING: Mapping = {
  profile: 'searched',
  key: 'id',
  messageId: 'name',
  payload: { value: 'body', encoding: 'text' },
  headers: { value: 'head' },
  times: {},
  states: [{ state: 'failed', when: { column: 'state', equals: 1 } }],
  sentRows: 'kept',
  relay: { model: 'poller' },
}

const SERVERS = {
  postgres: {
    database: () => testDatabase({ empty: true }),
    table: 'public.searched',
    bytes: 'bytea',
    many: (rows: number) =>
      `insert into searched select n, 'm' || n, 1, case when n % 100000 = 0 then 'needle' else 'hay' end, null
       from generate_series(1, ${rows}) n`,
    analyze: 'analyze searched',
  },
  mysql: {
    database: () => mysqlDatabase({ empty: true }),
    table: 'searched',
    bytes: 'longblob',
    many: (rows: number) =>
      `insert into searched select seq, concat('m', seq), 1, if(seq % 100000 = 0, 'needle', 'hay'), null
       from seq_1_to_${rows}`,
    analyze: 'analyze table searched',
  },
} as const

async function shelf(
  server: (typeof SERVERS)[keyof typeof SERVERS],
  {
    body,
    encoding,
  }: { readonly body: string; readonly encoding: NonNullable<Mapping['payload']>['encoding'] },
): Promise<{ readonly database: TestDatabase; readonly open: () => Promise<Outbox> }> {
  const database = await server.database()
  await database.sql(
    `create table searched (id bigint primary key, name varchar(60), state int, body ${body}, head text)`,
  )
  const mapping = { ...MAPPING, payload: { value: 'body', encoding } }
  return { database, open: () => openMapped(database, server.table, mapping) }
}

async function namesWith(outbox: Outbox, payload: string): Promise<string[]> {
  return (await allOf(outbox, { payload })).map(({ messageId }) => messageId)
}

/** Page after page, the newest first: what was found, how far each look came, and how it ended. */
async function searchedThrough(outbox: Outbox, limit: number) {
  const [found, passed, ends]: [string[], number[], string[]] = [[], [], []]
  const abouts: (number | null)[] = []
  let cursor: string | null = null
  do {
    const query = { filter: { payload: 'needle' }, order: 'newest', cursor, limit } as const
    const page = await outbox.list({ ...query, budgetMs: 60_000 }, signal())
    found.push(...page.messages.map(({ messageId }) => messageId))
    passed.push(page.looked?.rows ?? -1)
    ends.push(page.scope.complete ? 'complete' : page.scope.reason)
    abouts.push(page.looked?.ofAbout ?? null)
    cursor = page.nextCursor
  } while (cursor !== null)
  return { found, passed, ends, abouts }
}

describe.each(Object.entries(SERVERS))('searching inside of messages: %s', (name, server) => {
  test('bytes are found as bytes, and as the text that they are', async () => {
    const { database, open } = await shelf(server, { body: server.bytes, encoding: 'bytea' })
    const put = (id: number, hex: string): string =>
      name === 'postgres'
        ? `(${id}, 'm${id}', 1, '\\x${hex}', null)`
        : `(${id}, 'm${id}', 1, x'${hex}', null)`
    const text = Buffer.from('{"customer":"Zoë"}').toString('hex')
    await database.sql(
      `insert into searched values ${[put(1, '00c0ffee01ff'), put(2, text), put(3, '0c0ffee0')].join(', ')}`,
    )
    const outbox = await open()
    expect(await namesWith(outbox, String.raw`\xc0ffee`)).toEqual(['m1'])
    expect(await namesWith(outbox, 'CUSTOMER')).toEqual(['m2'])
    expect(await namesWith(outbox, 'Zoë')).toEqual(['m2'])
    expect(await namesWith(outbox, '?')).toEqual([])
  })

  test('base64 is searched as what it is of, and where it is none as it stands', async () => {
    const { database, open } = await shelf(server, { body: 'text', encoding: 'base64' })
    const encoded = ['{"note":"first"}', '{"note":"second!"}'].map((one) =>
      Buffer.from(one).toString('base64'),
    )
    await database.sql(
      `insert into searched values (1, 'm1', 1, '${encoded[0]}', null), (2, 'm2', 1, '${encoded[1]!.replaceAll('=', '')}', null), (3, 'm3', 1, 'no base64: first', null), (4, 'm4', 1, 'abcde', null), (5, 'm5', 1, null, null)`,
    )
    const outbox = await open()
    expect(await namesWith(outbox, 'First')).toEqual(['m1', 'm3'])
    expect(await namesWith(outbox, 'second!')).toEqual(['m2'])
  })

  test('headers in a column of text are found, and one that is no JSON ends nothing', async () => {
    const { database, open } = await shelf(server, { body: 'text', encoding: 'text' })
    await database.sql(
      `insert into searched values (1, 'm1', 1, '', '{"tenant" : "Acme, Inc.", "n": 5}'), (2, 'm2', 1, '', 'tenant=acme'), (3, 'm3', 1, '', '{broken'), (4, 'm4', 1, '', '{"n":null,"tenant":"b"}')`,
    )
    const outbox = await open()
    const names = async (header: { name: string; value?: string }) =>
      (await allOf(outbox, { header })).map(({ messageId }) => messageId)
    expect(await names({ name: 'tenant', value: 'acme, inc' })).toEqual(['m1'])
    expect(await names({ name: 'n' })).toEqual(['m1'])
    expect(await names({ name: 'tenant' })).toEqual(['m1', 'm4'])
    expect(await names({ name: 'te.ant' })).toEqual([])
  })

  test('a look ends at its limit of rows, says how far it came, and the next ones reach the end', async () => {
    const rows = SEARCH_ROWS_MAX * 2
    const { database, open } = await shelf(server, { body: 'text', encoding: 'text' })
    await database.sql(server.many(rows))
    await database.sql(server.analyze)
    const outbox = await open()
    for (const limit of [2, 20]) {
      const { found, passed, ends, abouts } = await searchedThrough(outbox, limit)
      expect(found).toEqual(['m500000', 'm400000', 'm300000', 'm200000', 'm100000'])
      expect(passed).toEqual([...passed].sort((a, b) => a - b))
      expect(passed.at(-1)).toBe(rows)
      // What the server remembers is an estimate: below what was passed it is not said.
      expect(abouts.every((about, at) => about === null || about >= passed[at]!)).toBe(true)
      if (limit === 2) expect(abouts.some((about) => about !== null && about < rows * 2)).toBe(true)
      // Pages of two are full before a look has passed its rows.
      expect(ends).toEqual(limit === 2 ? ends.map(() => 'complete') : ['row-limit', ...ends.slice(1)])
    }
  })

  test('a look without time finds nothing and does not call that an empty list', async () => {
    const { database, open } = await shelf(server, { body: 'text', encoding: 'text' })
    await database.sql(server.many(300_000))
    const page = await (
      await open()
    ).list(
      { filter: { payload: 'nowhere' }, order: 'newest', cursor: null, limit: 10, budgetMs: 0 },
      signal(),
    )
    expect(page).toMatchObject({ messages: [], scope: { complete: false, reason: 'time-budget' } })
    expect(page.nextCursor).not.toBeNull()
    expect(page.looked!.rows).toBeLessThan(300_000)
  })
})
