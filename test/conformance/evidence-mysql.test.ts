import { onTestFinished } from 'vitest'
import { openMysqlEvidence } from '../../src-main/adapters/outbox-mysql/evidence.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { EvidenceRequest } from '../../src-main/ports/evidence.ts'
import { mariadbPassword } from '../support/mariadb.ts'
import { mysqlDatabase, openMysql } from '../support/mysql.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { evidenceConformance } from './evidence.ts'
import { signal } from './outbox-fixture.ts'

const OUTBOX = `create table orders_out (id bigint auto_increment primary key, msg varchar(200) not null,
  body longtext not null default '{}', done boolean not null default false, made timestamp(6) not null)`
// The server's own collation, which takes "a" and "A" for the same; the evidence must not.
const INBOX = `create table inbox (msg varchar(60) not null, receiver varchar(40) not null default 'billing',
  state varchar(10) not null, at_ms bigint, primary key (msg, receiver))`

const processed = { column: 'state', equals: 'done' } as const
const columns = { at_ms: { time: 'epoch-ms' } } as const

function given(ids: readonly string[]): string {
  return JSON.stringify(ids)
}

const EACH = `json_table(?, '$[*]' columns (place for ordinality, m longtext path '$')) g`

async function writersOf(database: TestDatabase, inbox: TestDatabase) {
  await database.sql(OUTBOX)
  await inbox.sql(INBOX)
  const received = (ids: readonly string[], state: string, secAgo: number | null) =>
    inbox.sql(
      `insert into inbox (msg, state, at_ms) select m, ?, floor((unix_timestamp(now(3)) - ?) * 1000) from ${EACH}`,
      [state, secAgo, given(ids)],
    )
  return {
    async store(ids: readonly string[], createdSecAgo: number): Promise<EvidenceRequest[]> {
      const rows = await database.sql(
        `insert into orders_out (msg, made) select m, now(6) - interval ? second from ${EACH} order by place
         returning id, msg, made`,
        [createdSecAgo, given(ids)],
      )
      return rows.map(({ id, msg, made }) => ({
        id: id!,
        messageId: msg!,
        createdAt: new Date(`${made!.replace(' ', 'T')}Z`).toISOString(),
      }))
    },
    receive: async (ids: readonly string[]) => void (await received(ids, 'new', null)),
    consume: async (ids: readonly string[], secAgo: number) => void (await received(ids, 'done', secAgo)),
  }
}

evidenceConformance('mysql: a companion in the outbox’s own database', async ({ retentionSec }) => {
  const database = await mysqlDatabase({ empty: true })
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
  const outbox = await openMysql(database, { table: 'orders_out', chooseMapping: () => mapping })
  return { reader: outbox.evidence!, ...writers }
})

evidenceConformance('mysql: a table in another database', async ({ retentionSec }) => {
  const database = await mysqlDatabase({ empty: true })
  const elsewhere = await mysqlDatabase({ empty: true })
  const writers = await writersOf(database, elsewhere)
  // What another receiver has done with the same messages proves nothing.
  await elsewhere.sql(`insert into inbox (msg, receiver, state, at_ms) values ('a', 'search', 'done', 1)`)
  const reader = await openMysqlEvidence(
    {
      config: {
        table: 'inbox',
        messageId: 'msg',
        processedAt: 'at_ms',
        scope: { column: 'receiver', equals: 'billing' },
        processed,
        columns,
        retentionSec,
      },
      at: { url: elsewhere.url },
      password: async () => mariadbPassword(),
    },
    signal(),
  )
  onTestFinished(() => reader.close())
  return { reader, ...writers }
})
