import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { parseAddress } from '../../src-main/adapters/outbox-postgres/address.ts'
import { readCatalogue } from '../../src-main/adapters/outbox-postgres/catalogue.ts'
import { postgresDialect } from '../../src-main/adapters/outbox-postgres/dialect.ts'
import { openSession } from '../../src-main/adapters/outbox-postgres/session.ts'
import { newCompiler } from '../../src-main/adapters/outbox-sql/compiler.ts'
import { parseMapping } from '../../src-main/adapters/mapping-schema/parse.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { MappingPredicate } from '../../src-main/domain/mapping/values.ts'
import { predicates, rows } from '../support/mapping-arbitrary.ts'
import { holds } from '../support/mapping-evaluator.ts'
import type { EvalRow } from '../support/mapping-evaluator.ts'
import { signal } from '../support/mapped-table.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const RUNS = 400
const TIMEOUT_MS = 5_000

const MAPPING: Mapping = {
  profile: 'random',
  key: 'id',
  messageId: 'b',
  times: {},
  columns: { e: { truth: ['Y', 'N'] }, f: { time: 'epoch-s', none: [0] } },
  companions: { kids: { table: 'kid', on: { column: 'of', equals: { row: 'id' } } } },
  states: [{ state: 'pending', when: { all: [] } }],
  sentRows: 'kept',
  relay: { model: 'poller' },
}

const DDL = `create table random (id int primary key, a int, b text collate "C", c bool, d timestamptz, e char(1),
    f bigint, j jsonb);
  create table kid ("of" int, n int, s text collate "C")`

async function fill(database: TestDatabase, all: readonly EvalRow[]): Promise<void> {
  await database.sql('truncate random, kid')
  for (const { id, a, b, c, d, e, f, j, kids } of all) {
    const at = d === null ? null : new Date(d).toISOString()
    await database.sql('insert into random values ($1, $2, $3, $4, $5, $6, $7, $8)', [
      ...[id, a, b, c, at, e, f],
      j === null ? null : JSON.stringify(j),
    ])
    for (const { n, s } of kids) await database.sql('insert into kid values ($1, $2, $3)', [id, n, s])
  }
}

test('what the server makes of a condition is what the language says', async () => {
  const database = await testDatabase({ empty: true })
  await database.sql(DDL)
  const session = openSession({
    address: parseAddress(database.url),
    password: async () => serverAddress().password,
    tls: false,
  })
  onTestFinished(() => session.close())
  const [own, kids] = await Promise.all(
    ['random', 'kid'].map((table) => readCatalogue(session, { schema: 'public', table }, signal())),
  )
  const catalogues = { own: own!, more: [], companions: new Map([['kids', kids!]]) }
  const sql = newCompiler(postgresDialect, MAPPING, catalogues, { stuckAfterSec: 60, attemptsMax: 3 })
  const [all] = fc.sample(rows(Date.now()), { numRuns: 1, seed: 5 })
  await fill(database, all!)
  const onServer = async (of: MappingPredicate): Promise<(boolean | null)[]> => {
    const params = sql.newParams()
    const text = `select (${sql.predicate(of, params)}) as v from ${sql.table} t order by t.id`
    const answer = await session.read({ text, values: params.values }, TIMEOUT_MS, signal())
    return answer.map(({ v }) => (v == null ? null : v === 't'))
  }
  let truths = 0
  await fc.assert(
    fc.asyncProperty(predicates, async (of) => {
      const [rule] = parseMapping({ ...MAPPING, states: [{ state: 'sent', when: of }] }, 'random').states
      const expected = all!.map((row) => holds(rule!.when, row))
      truths += new Set(expected).size
      expect(await onServer(rule!.when)).toEqual(expected)
    }),
    { numRuns: RUNS },
  )
  expect(truths, 'most conditions tell rows apart').toBeGreaterThan(RUNS)
})
