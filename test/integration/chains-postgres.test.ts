import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChainRow, Deviation } from '../../src-main/domain/chain/deviation.ts'
import { judgeChain } from '../../src-main/domain/chain/judge.ts'
import type { ChainReader } from '../../src-main/ports/chains.ts'
import { openChains } from '../support/chain-tables.ts'
import { freeShape, freeTable, fullPace } from '../support/free-chains.ts'
import { naiveFindings, told } from '../support/chain-oracle.ts'
import { testDatabase } from '../support/postgres.ts'

const never = new AbortController().signal
const whole = { above: null, upTo: null }

type Chains = Readonly<Record<string, readonly ChainRow[]>>

const chainArb = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 9 }).map(String),
    previousId: fc.option(fc.integer({ min: 1, max: 9 }).map(String)),
  }),
  { minLength: 1, maxLength: 8 },
)
const goodChain = fc
  .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 })
  .map((ids) => ids.sort((a, b) => a - b).map(String))
  .map((ids) => ids.map((id, at): ChainRow => ({ id, previousId: ids[at - 1] ?? null })))

async function surveyed(reader: ChainReader, workers: 1 | 2 = 1, pauseMs = 0) {
  const suspicious: string[] = []
  const totals = { messages: 0, chains: 0 }
  await reader.survey(
    { pace: { ...fullPace, workers, pauseMs }, seed: '4711' },
    (part) => {
      totals.messages += part.messages
      totals.chains += part.chains
      suspicious.push(...part.suspicious)
    },
    never,
  )
  return { suspicious: suspicious.sort(), ...totals }
}

async function walked(reader: ChainReader, chains: readonly string[] | null, bounds = whole) {
  const byChain = new Map<string, Deviation[]>()
  await reader.walk(
    { chains, bounds, pace: fullPace, counted: true },
    (deviations) => {
      for (const one of deviations) byChain.set(one.chain, [...(byChain.get(one.chain) ?? []), one])
    },
    never,
  )
  return Object.fromEntries(
    [...byChain].map(([chain, deviations]) => [chain, judgeChain(deviations, 'linked').map(told).sort()]),
  )
}

function expected(chains: Chains): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(chains)
      .map(([chain, rows]) => [chain, naiveFindings(rows)] as const)
      .filter(([, findings]) => findings.length > 0),
  )
}

/** Without copies, and with ids that no other chain has: fingerprints of unique ids are told apart in another way. */
function madeUnique(rows: readonly ChainRow[], chain: number): readonly ChainRow[] {
  const apart = (id: string): string => String(Number(id) + chain * 100)
  return rows
    .filter(({ id }, at) => rows.findIndex((other) => other.id === id) === at)
    .map(({ id, previousId }) => ({
      id: apart(id),
      previousId: previousId === null ? null : apart(previousId),
    }))
}

describe.each([
  ['with the covering index', true, false],
  ['without an index', false, false],
  ['with the covering index and unique ids', true, true],
  ['with unique ids, without an index', false, true],
])('chains of a table %s', (_, indexed, unique) => {
  test(
    'random chains: suspicious is what the oracle finds fault with, and so is each finding',
    { timeout: 120_000 },
    async () => {
      const database = await testDatabase({ empty: true })
      await freeTable(database, indexed)
      if (unique) await database.sql('alter table free_chain add unique (id)')
      const reader = await openChains(database, 'free_chain', freeShape)
      const frugal = await openChains(database, 'free_chain', freeShape, { heldChainsMax: 3 })
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(chainArb, goodChain), { minLength: 5, maxLength: 40 }),
          async (drawn) => {
            const chains: Chains = Object.fromEntries(
              drawn.map((rows, at) => [`chain ${at} "'ü\\`, unique ? madeUnique(rows, at) : rows]),
            )
            await database.sql('truncate free_chain')
            const rows = Object.entries(chains).flatMap(([chain, all]) =>
              all.map((row) => ({ chain, ...row })),
            )
            await database.sql(
              'insert into free_chain (chain_key, id, prev_id) select * from unnest($1::text[], $2::bigint[], $3::bigint[])',
              [rows.map(({ chain }) => chain), rows.map(({ id }) => id), rows.map((row) => row.previousId)],
            )
            // Without statistics chains are grouped, with them so short ones are read in order.
            const grouped = !indexed && drawn.length % 2 === 0
            if (grouped)
              await database.sql(`delete from pg_statistic where starelid = 'free_chain'::regclass`)
            else await database.sql('vacuum analyze free_chain')
            const wanted = expected(chains)
            expect((await reader.method(never)).reading).toBe(indexed ? 'index' : 'scan')
            // With a rest chains are read in parts, without one at once.
            for (const [workers, pauseMs] of [
              [1, 0],
              [2, 0],
              [1, 1],
              [2, 1],
            ] as const) {
              expect(await surveyed(reader, workers, pauseMs)).toEqual({
                suspicious: Object.keys(wanted).sort(),
                messages: rows.length,
                chains: drawn.length,
              })
            }
            // However few keys the server may hold, none is missed.
            expect(await surveyed(frugal, 2)).toEqual(await surveyed(reader, 2))
            expect(await walked(reader, null)).toEqual(wanted)
            const damaged = Object.keys(wanted)
            if (damaged.length > 0) expect(await walked(reader, damaged)).toEqual(wanted)
          },
        ),
        { numRuns: 20 },
      )
    },
  )
})

test.each([1, 2] as const)(
  'messages without a chain are not a chain, also where the statistics know of none, %i worker(s)',
  async (workers) => {
    const database = await testDatabase({ empty: true })
    await freeTable(database, true)
    await database.sql(
      `insert into free_chain (chain_key, id, prev_id) values ('a', 1, null), ('a', 2, 1), ('b', 3, null)`,
    )
    await database.sql('alter table free_chain add unique (id)')
    await database.sql('vacuum analyze free_chain')
    await database.sql('insert into free_chain (chain_key, id, prev_id) values (null, 4, 99), (null, 5, 99)')
    const reader = await openChains(database, 'free_chain', freeShape)
    expect((await reader.method(never)).reading).toBe('index')
    expect(await surveyed(reader, workers)).toEqual({ suspicious: [], messages: 3, chains: 2 })
  },
)

test.each([
  ['are right', 0, 0],
  ['know of a few of the chains only: what lies between the ends is read, too', 400, 0],
  ['know of chains that are gone: what both ends have read is counted once', 0, 40],
  ['know of more than twice as many: one end has read all', 0, 85],
  ['know of no message without a chain', 0, 0],
])('two connections read from the ends of the index; the statistics %s', async (say, more, gone) => {
  const database = await testDatabase({ empty: true })
  await freeTable(database, true)
  const fill = (from: number, to: number): Promise<unknown> =>
    database.sql(
      `insert into free_chain (chain_key, id, prev_id)
       select 'chain ' || lpad(c::text, 4, '0'), c * 100 + n, case when n > 1 then c * 100 + n - 1 end
       from generate_series($1::int, $2::int) c, generate_series(1, 10) n`,
      [from, to],
    )
  await database.sql('alter table free_chain add unique (id)')
  await fill(101, 200)
  await database.sql('vacuum analyze free_chain')
  if (more > 0) await fill(201, 200 + more)
  await database.sql(`delete from free_chain where id < (101 + $1::int) * 100`, [gone])
  if (say.includes('without')) {
    await database.sql('insert into free_chain (chain_key, id, prev_id) values (null, 1, 99), (null, 2, 99)')
  }
  const first = 101 + gone
  const last = 200 + more
  const chains = last - first + 1
  // At both ends, in the middle, and wherever the ends meet.
  const broken = Array.from({ length: chains }, (_, at) => first + at).filter(
    (chain) => chain === first || chain === last || chain % 7 === 0,
  )
  await database.sql('delete from free_chain where id = any($1::bigint[])', [
    broken.map((chain) => chain * 100 + 5),
  ])
  const reader = await openChains(database, 'free_chain', freeShape)
  expect((await reader.method(never)).reading).toBe('index')
  const wanted = {
    suspicious: broken.map((chain) => `chain 0${chain}`).sort(),
    messages: chains * 10 - broken.length,
    chains,
  }
  expect(await surveyed(reader, 2)).toEqual(wanted)
  expect(await surveyed(reader, 1)).toEqual(wanted)
})

interface Filled {
  readonly chains: number
  /** SQL on `c`, the number of the chain. */
  readonly length: string
  readonly lost: string | null
}

/** Chains with ids that no other has, by the covering index and with statistics that know them. */
async function readerOfFilled({ chains, length, lost }: Filled): Promise<ChainReader> {
  const database = await testDatabase({ empty: true })
  await freeTable(database, true)
  await database.sql(
    `insert into free_chain (chain_key, id, prev_id)
     select 'chain ' || c, c * 100000 + n, case when n > 1 then c * 100000 + n - 1 end
     from generate_series(1, ${chains}) c, generate_series(1, ${length}) n`,
  )
  await database.sql('alter table free_chain add unique (id)')
  if (lost !== null) await database.sql('delete from free_chain where id = $1::bigint', [lost])
  await database.sql('vacuum analyze free_chain')
  const reader = await openChains(database, 'free_chain', freeShape)
  expect((await reader.method(never)).reading).toBe('index')
  return reader
}

test('one chain holds half of the messages: two connections part in the middle of the messages', async () => {
  const length = 'case when c = 7 then 1000 else 10 end'
  const reader = await readerOfFilled({ chains: 60, length, lost: null })
  expect(await surveyed(reader, 2)).toEqual({ suspicious: [], messages: 1_590, chains: 60 })
})

test('chains longer than a page of the index, read by two connections: one that lost a message', async () => {
  const reader = await readerOfFilled({ chains: 5, length: '2000', lost: '301234' })
  const wanted = { suspicious: ['chain 3'], messages: 9_999, chains: 5 }
  expect(await surveyed(reader, 2)).toEqual(wanted)
  expect(await surveyed(reader, 1)).toEqual(wanted)
})
