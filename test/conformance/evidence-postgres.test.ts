import { onTestFinished } from 'vitest'
import { openPostgresEvidence } from '../../src-main/adapters/outbox-postgres/evidence.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { EvidenceRequest } from '../../src-main/ports/evidence.ts'
import { openMapped, signal } from '../support/mapped-table.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { evidenceConformance } from './evidence.ts'

const OUTBOX = `create table orders_out (id bigint generated always as identity primary key, msg text not null,
  body jsonb not null default '{}', done boolean not null default false, made timestamptz not null)`
const INBOX = `create table inbox (msg varchar(60) not null, receiver text not null default 'billing', state text not null,
  at_ms bigint, primary key (msg, receiver))`

const processed = { column: 'state', equals: 'done' } as const
const columns = { at_ms: { time: 'epoch-ms' } } as const

async function writersOf(database: TestDatabase, inbox: TestDatabase) {
  await database.sql(OUTBOX)
  await inbox.sql(INBOX)
  const received = (ids: readonly string[], state: string, secAgo: number | null) =>
    inbox.sql(
      `insert into inbox (msg, state, at_ms) select m, $2, extract(epoch from now() - make_interval(secs => $3)) * 1000
       from unnest($1::text[]) m`,
      [ids, state, secAgo],
    )
  return {
    async store(ids: readonly string[], createdSecAgo: number): Promise<EvidenceRequest[]> {
      const rows = await database.sql(
        `insert into orders_out (msg, made) select m, now() - make_interval(secs => $2)
         from unnest($1::text[]) m returning id, msg, made::text`,
        [ids, createdSecAgo],
      )
      return rows.map(({ id, msg, made }) => ({
        id: id!,
        messageId: msg!,
        createdAt: new Date(made!).toISOString(),
      }))
    },
    receive: async (ids: readonly string[]) => void (await received(ids, 'new', null)),
    consume: async (ids: readonly string[], secAgo: number) => void (await received(ids, 'done', secAgo)),
  }
}

evidenceConformance('a companion in the outbox’s own database', async ({ retentionSec }) => {
  const database = await testDatabase({ empty: true })
  const writers = await writersOf(database, database)
  const mapping: Mapping = {
    profile: 'own',
    key: 'id',
    messageId: 'msg',
    payload: { value: 'body', encoding: 'json' },
    times: { created: 'made' },
    states: [
      { state: 'sent', when: { column: 'done', equals: true } },
      { state: 'pending', when: { all: [] } },
    ],
    sentRows: 'kept',
    relay: { model: 'poller' },
    companions: { inbox: { table: 'inbox', on: { column: 'msg', equals: { row: 'msg' } }, columns } },
    evidence: { companion: 'inbox', processed, processedAt: 'at_ms', retentionSec },
  }
  const outbox = await openMapped(database, 'public.orders_out', mapping)
  return { reader: outbox.evidence!, ...writers }
})

evidenceConformance('a table in another database', async ({ retentionSec }) => {
  const database = await testDatabase({ empty: true })
  const elsewhere = await testDatabase({ empty: true })
  const writers = await writersOf(database, elsewhere)
  // What another receiver has done with the same messages proves nothing.
  await elsewhere.sql(`insert into inbox (msg, receiver, state, at_ms) values ('a', 'search', 'done', 1)`)
  const reader = await openPostgresEvidence(
    {
      config: {
        table: 'public.inbox',
        messageId: 'msg',
        processedAt: 'at_ms',
        scope: { column: 'receiver', equals: 'billing' },
        processed,
        columns,
        retentionSec,
      },
      at: { url: elsewhere.url },
      password: async () => serverAddress().password,
    },
    signal(),
  )
  onTestFinished(() => reader.close())
  return { reader, ...writers }
})
