import type { Client } from 'pg'
import { COUNT_BUDGET_MS, PAGE_BUDGET_MS } from '../../src-main/app/messages/messages.ts'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { troubles } from '../../src-main/domain/message.ts'
import type { Outbox, Scope } from '../../src-main/ports/outbox.ts'
import { NO_STATUS, TWO_STATUSES } from '../support/invented-layouts.ts'
import { connectTo, dropDatabase, openDatabase, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import type { BenchLine } from './bench-line.ts'

const DATABASE = 'redrive_bench_foreign'
const ROWS = 10_000_000
const PAGE = 100
const ROUNDS = 5
const INBOX_MS_MAX = 2_000
/** Statements may take as long as the whole answer, and the server looks at its clock a moment later. */
const STATEMENT_MS_MAX = PAGE_BUDGET_MS + 100
const LOOK_EVERY_MS = 5

interface Foreign {
  readonly name: string
  readonly table: string
  readonly mapping: Mapping
  readonly ddl: string
}

/** One row in ten thousand is in trouble, spread over the table; nothing but the key is indexed. */
const layouts: readonly Foreign[] = [
  {
    name: 'two status columns',
    table: 'public.msg',
    mapping: TWO_STATUSES,
    ddl: `create table msg (id bigint primary key, msg_key varchar(40) not null, phase smallint not null,
        is_dead char(1) not null, removed smallint not null, tries int not null, topic text, body text,
        created timestamp not null, touched bigint not null, err text);
      insert into msg select n, 'key-' || n, case when n % 10000 in (5, 7) then 1 else 2 end,
        case when n % 10000 = 5 then 'Y' else 'N' end, 0, case when n % 10000 = 5 then 5 else 1 end, 'topic-' || n % 20,
        repeat('x', 200), timestamp '2026-01-01' + n * interval '1 second', 1767225600000 + n * bigint '1000',
        case when n % 10000 = 5 then 'error ' || n % 60 end
      from generate_series(1, ${ROWS}) n`,
  },
  {
    name: 'times and a companion',
    table: 'public.parcel',
    mapping: NO_STATUS,
    ddl: `create table parcel (tenant text not null, no int not null, doc jsonb, born timestamptz not null,
        posted_at timestamptz, next_at bigint not null, tries_max int not null, primary key (tenant, no));
      create table parcel_try (tenant text, no int, error text, ended timestamptz, latest bool);
      create index on parcel_try (tenant, no);
      insert into parcel select 'tenant ' || n % 1000, n, '{"meta": {"kind": "Box"}}',
        timestamptz '2026-01-01' + n * interval '1 second',
        case when n % 10000 <> 5 then timestamptz '2026-02-01' + n * interval '1 second' end, 0, 3
      from generate_series(1, ${ROWS}) n;
      insert into parcel_try select tenant, no, 'error ' || i, born, i = 3 from parcel, generate_series(1, 3) i
      where posted_at is null`,
  },
]

/**
 * What an inbox asks, all at the same time, of ten million rows in a layout that no profile names: how long until the
 * last answer, how much of the table each speaks for, and the longest statement that the server ever ran for it.
 */
export async function benchForeign(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const lines: BenchLine[] = []
  for (const layout of layouts) {
    await dropDatabase(DATABASE)
    const database = await openDatabase(DATABASE, true)
    const watcher = await connectTo(DATABASE)
    try {
      print(`${layout.name}: filling ${ROWS} rows`)
      await database.sql(layout.ddl)
      await database.sql('vacuum (analyze)')
      await database.sql('checkpoint')
      lines.push(...(await inbox(layout, { database, watcher }, print)))
    } finally {
      await watcher.end()
      await database.close()
      await dropDatabase(DATABASE)
    }
  }
  return lines
}

async function inbox(
  { name, table, mapping }: Foreign,
  { database, watcher }: { readonly database: TestDatabase; readonly watcher: Client },
  print: (line: string) => void,
): Promise<readonly BenchLine[]> {
  const outbox = await openPostgresOutbox(
    {
      config: { url: database.url, stuckAfterSec: 300, maxAttempts: 3, outbox: { table } },
      password: async () => serverAddress().password,
      chooseMapping: () => mapping,
    },
    new AbortController().signal,
  )
  const slowest: number[] = []
  let longestMs = 0
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const watching = new AbortController()
      const seen = longestStatement(watcher, watching.signal)
      const startedAt = performance.now()
      const answers = await Promise.all(questions(outbox))
      slowest.push(performance.now() - startedAt)
      watching.abort()
      longestMs = Math.max(longestMs, await seen)
      await requireNothingLeft(watcher)
      print(`${name}: ${slowest.at(-1)?.toFixed(0)} ms: ${answers.join(', ')}`)
    }
  } finally {
    await outbox.close()
  }
  const worst = Math.max(...slowest)
  return [
    { name: `${name}, ms`, value: worst, limit: INBOX_MS_MAX, ok: worst < INBOX_MS_MAX },
    {
      name: 'longest statement, ms',
      value: longestMs,
      limit: STATEMENT_MS_MAX,
      ok: longestMs <= STATEMENT_MS_MAX,
    },
  ]
}

function questions(outbox: Outbox): Promise<string>[] {
  const { signal } = new AbortController()
  const page = { order: 'newest', cursor: null, limit: PAGE, budgetMs: PAGE_BUDGET_MS } as const
  const failed = { trouble: 'failed' } as const
  return [
    outbox
      .list({ ...page, filter: failed }, signal)
      .then(({ messages, scope }) => `${messages.length} listed ${said(scope)}`),
    ...troubles.map((trouble) =>
      outbox
        .count({ trouble }, COUNT_BUDGET_MS, signal)
        .then(({ count, bounded, scope }) => `${trouble} ${count}${bounded ? '+' : ''} ${said(scope)}`),
    ),
    outbox
      .groups(failed, 'error', COUNT_BUDGET_MS, signal)
      .then(({ groups, scope }) => `${groups.length} causes ${said(scope)}`),
  ]
}

function said(scope: Scope): string {
  return scope.complete ? '(all)' : `(down to ${scope.scannedToId})`
}

/** Milliseconds, as the server itself sees it. */
async function longestStatement(watcher: Client, signal: AbortSignal): Promise<number> {
  let longest = 0
  while (!signal.aborted) {
    const { rows } = await watcher.query<{ ms: number | null }>(
      `select max(extract(epoch from clock_timestamp() - query_start) * 1000)::float8 as ms from pg_stat_activity
       where state = 'active' and application_name = 'redrive' and datname = current_database()`,
    )
    longest = Math.max(longest, rows[0]?.ms ?? 0)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return longest
}

/** An answer that has been given must not go on costing the server. */
async function requireNothingLeft(watcher: Client): Promise<void> {
  const { rows } = await watcher.query<{ query: string }>(
    `select query from pg_stat_activity
     where state = 'active' and application_name = 'redrive' and datname = current_database()`,
  )
  if (rows.length > 0) throw new Error(`still running after the answer: ${rows[0]?.query}`)
}
