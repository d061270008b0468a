import pg from 'pg'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'
import { connectTo, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

const DATABASE = 'redrive_bench'
const ROWS = 10_000_000
const PAGE = 100
/** Odd, so that a median is one of them. */
const ROUNDS = 101
/** Not measured: compiled code and warm caches for both. */
const WARM_UP_ROUNDS = 500
const RATIO_MAX = 1.5
const SLICE_MS_MAX = 60
const UNINDEXED_PAGES = 5
const BUDGET_MS = 60_000

/**
 * Ten million rows: the adapter against the bare query that asks the same, interleaved in the same run; and the
 * longest single statement of a page on the same table without its index. The filled table is kept for the next run.
 */
export async function benchOutbox(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const database = await filled(print)
  const outbox = await open(database)
  const bare = await connectTo(DATABASE)
  try {
    const lines = [
      await ratio(
        'indexed page',
        () => page(outbox),
        () => bare.query(BARE_PAGE),
        print,
      ),
      await ratio(
        'page of a trouble',
        () => troublePage(outbox),
        () => bare.query(BARE_TROUBLE),
        print,
      ),
      await ratio(
        'count by group',
        () => groups(outbox),
        () => bare.query(BARE_GROUPS),
        print,
      ),
    ]
    return [...lines, ...(await unindexed(database, print))]
  } finally {
    await bare.end()
    await outbox.close()
    await database.close()
  }
}

const COLUMNS = `id, xmin, message_id, status, attempts, type, exchange, routing_key, chain_key, prev_id, created_at,
  updated_at, next_attempt_at, last_error`
const FAILED = `status = 'failed' and next_attempt_at is distinct from 'infinity'`
const USED_UP = `status = 'pending' and (next_attempt_at > now()) is not true and attempts >= 3`
const BARE_PAGE = `select ${COLUMNS} from outbox_message where ${FAILED} order by id desc limit ${PAGE}`
const BARE_TROUBLE = `select ${COLUMNS} from outbox_message where ${FAILED} or ${USED_UP} order by id desc limit ${PAGE}`
const BARE_GROUPS = `select type, count(*), min(created_at) from (select type, created_at from outbox_message
  where ${FAILED} order by id limit 10000) rows group by type order by 2 desc`

function page(outbox: Outbox): Promise<unknown> {
  const query = { order: 'newest', cursor: null, limit: PAGE, budgetMs: BUDGET_MS } as const
  return outbox.list({ ...query, filter: { states: ['failed'] } }, forever())
}

function troublePage(outbox: Outbox): Promise<unknown> {
  const query = { order: 'newest', cursor: null, limit: PAGE, budgetMs: BUDGET_MS } as const
  return outbox.list({ ...query, filter: { trouble: 'failed' } }, forever())
}

function groups(outbox: Outbox): Promise<unknown> {
  return outbox.groups({ states: ['failed'] }, 'type', BUDGET_MS, forever())
}

function forever(): AbortSignal {
  return new AbortController().signal
}

async function open(database: TestDatabase): Promise<Outbox> {
  const config = {
    url: database.url,
    stuckAfterSec: 300,
    maxAttempts: 3,
    outbox: { table: 'outbox_message' },
  }
  const password = async (): Promise<string> => serverAddress().password
  const mapping = (columns: readonly string[]) => chooseMapping('auto', columns)
  return openPostgresOutbox({ config, password, chooseMapping: mapping }, forever())
}

async function ratio(
  name: string,
  adapter: () => Promise<unknown>,
  bare: () => Promise<unknown>,
  print: (line: string) => void,
): Promise<BenchLine> {
  const adapterMs: number[] = []
  const bareMs: number[] = []
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
    await adapter()
    await bare()
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    adapterMs.push(await timed(adapter))
    bareMs.push(await timed(bare))
  }
  const value = median(adapterMs) / median(bareMs)
  const ok = value <= RATIO_MAX
  const times = `${median(adapterMs).toFixed(2)} ms against ${median(bareMs).toFixed(2)} ms`
  print(`${name.padEnd(24)} ${value.toFixed(2)} × bare query  (limit ${RATIO_MAX})  ${verdict(ok)}  ${times}`)
  return { name, value, limit: RATIO_MAX, ok }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

function verdict(ok: boolean): string {
  return ok ? 'ok' : 'FAILED'
}

/**
 * Pages of a state that has no row at all, so that all ten million are looked at, in the table without its index.
 * What is measured is how long each statement kept its connection, as the driver saw it: the longest of each scan.
 */
async function unindexed(
  database: TestDatabase,
  print: (line: string) => void,
): Promise<readonly BenchLine[]> {
  await database.sql('drop index outbox_message_open_idx')
  // What is measured is the slicing, not the disk: the table is read once, so that it is in memory as in production.
  await database.sql('select count(*) from outbox_message where last_error is not null')
  // Nor is it the filling: a reader that has to write out somebody else's changes first waits for the disk.
  await database.sql('checkpoint')
  const outbox = await open(database)
  if ((await outbox.report(forever())).indexed) throw new Error('the table still has an index')
  const scans: number[][] = []
  const startedAt = performance.now()
  try {
    for (let round = 0; round < UNINDEXED_PAGES; round += 1) {
      const statementsMs: number[] = []
      const restore = watchStatements((ms) => statementsMs.push(ms))
      await rarePage(outbox).finally(restore)
      scans.push(statementsMs.sort((a, b) => a - b))
    }
  } finally {
    await outbox.close()
    await database.sql(await referenceSchema())
  }
  const scanMs = (performance.now() - startedAt) / UNINDEXED_PAGES
  const longest = scans.map((scan) => scan.at(-1) ?? NaN)
  const all = scans.flat().sort((a, b) => a - b)
  const p99 = all[Math.floor(all.length * 0.99)] ?? NaN
  print(`unindexed page           ${all.length} statements, ${scanMs.toFixed(0)} ms for all ${ROWS} rows`)
  print(`longest of each scan     ${longest.map((ms) => ms.toFixed(1)).join(', ')} ms`)
  // A slice that is too large is so in every scan; a machine that stands still for a moment hits one.
  return [slice('unindexed slice, max', median(longest), print), slice('unindexed slice, p99', p99, print)]
}

function slice(name: string, value: number, print: (line: string) => void): BenchLine {
  const ok = value <= SLICE_MS_MAX
  print(`${name.padEnd(24)} ${value.toFixed(1)} ms  (limit ${SLICE_MS_MAX})  ${verdict(ok)}`)
  return { name, value, limit: SLICE_MS_MAX, ok }
}

async function rarePage(outbox: Outbox): Promise<void> {
  const query = { order: 'newest', limit: PAGE, budgetMs: BUDGET_MS } as const
  const filter = { states: ['discarded'] } as const
  const answer = await outbox.list({ ...query, filter, cursor: null }, forever())
  if (!answer.scope.complete || answer.messages.length > 0)
    throw new Error('the table is not as it was filled')
}

/** Times every statement that the driver runs from now on, BEGIN and COMMIT included. */
function watchStatements(record: (ms: number) => void): () => void {
  const prototype = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const original = prototype.query
  prototype.query = function timedQuery(this: unknown, ...args: unknown[]): unknown {
    const startedAt = performance.now()
    const running = original.apply(this, args)
    void Promise.resolve(running).then(
      () => record(performance.now() - startedAt),
      () => record(performance.now() - startedAt),
    )
    return running
  }
  return () => {
    prototype.query = original
  }
}

async function filled(print: (line: string) => void): Promise<TestDatabase> {
  const database = await openDatabase(DATABASE, false).catch(() => openDatabase(DATABASE, true))
  // Also brings back the index where a run was broken off without it.
  await database.sql(await referenceSchema())
  const [row] = await database.sql('select max(id) as max from outbox_message')
  if (row?.['max'] === String(ROWS)) return database
  print(`filling database ${DATABASE} with ${ROWS} rows, once; this takes some minutes`)
  await database.sql('truncate outbox_message')
  await database.sql(FILL)
  await database.sql('vacuum (analyze) outbox_message')
  return database
}

/** 99.3% sent, 0.5% failed, 0.1% sending, 0.1% pending, spread evenly; 100,000 chains. */
const FILL = `
insert into outbox_message (id, prev_id, chain_key, message_id, exchange, routing_key, type, payload, headers, status,
  attempts, next_attempt_at, created_at, updated_at, last_error) overriding system value
select n, nullif(greatest(n - 100000, 0), 0), 'chain-' || n % 100000, 'message-' || n, 'shop', 'orders.' || n % 20,
  'Type' || n % 12, filler.payload, '{"trace": "none"}',
  case when n % 1000 < 993 then 'sent' when n % 1000 < 998 then 'failed' when n % 1000 = 998 then 'sending'
    else 'pending' end,
  case when n % 1000 < 993 then 1 when n % 1000 < 998 then 3 else (n / 1000) % 3 end, null,
  timestamptz '2026-01-01' + n * interval '1 second', timestamptz '2026-01-01' + n * interval '1 second' + interval '1 minute',
  case when n % 1000 between 993 and 997 then 'error ' || n % 60 end
from generate_series(1, ${ROWS}) n,
  (select jsonb_build_object('order', 4711, 'lines', repeat('x', 300)) as payload) filler`
