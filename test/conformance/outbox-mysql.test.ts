import type { TestDatabase } from '../support/postgres-server.ts'
import { connectToMariadb } from '../support/mariadb.ts'
import { addMysqlRows, mysqlDatabase, openMysql } from '../support/mysql.ts'
import type { MysqlRow } from '../support/mysql.ts'
import { outboxConformance, outboxLooking } from './outbox.ts'
import type { FixtureOptions, OutboxFixture, SeedRow } from './outbox-fixture.ts'

const STATUS = {
  pending: 'pending',
  scheduled: 'pending',
  retrying: 'pending',
  'in-flight': 'sending',
  sent: 'sent',
  failed: 'failed',
  discarded: 'failed',
} as const satisfies Record<SeedRow['state'], string>

function fromNow(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString().replace('T', ' ').replace('Z', '')
}

function toRow(seed: SeedRow): MysqlRow {
  const due = seed.state === 'discarded' ? '9999-12-31 23:59:59' : seed.dueInSec
  return {
    status: STATUS[seed.state],
    attempts: seed.attempts ?? 0,
    type: seed.type ?? null,
    last_error: seed.error ?? null,
    exchange: seed.exchange ?? '',
    routing_key: seed.routingKey ?? '',
    chain_key: seed.chainKey ?? null,
    payload: seed.payload ?? '{}',
    headers: seed.headers ?? null,
    created_at: fromNow(-(seed.createdSecAgo ?? 0)),
    updated_at: seed.updatedSecAgo === undefined ? null : fromNow(-seed.updatedSecAgo),
    next_attempt_at: due === undefined ? null : typeof due === 'string' ? due : fromNow(due),
    ...(seed.messageId === undefined ? {} : { message_id: seed.messageId }),
  }
}

async function fixture(
  { stuckAfterSec, attemptsMax }: FixtureOptions,
  prepare: (database: TestDatabase) => Promise<unknown>,
): Promise<OutboxFixture> {
  const database = await mysqlDatabase()
  await prepare(database)
  const open = () => openMysql(database, { stuckAfterSec, maxAttempts: attemptsMax })
  return {
    outbox: await open(),
    add: (rows) => addMysqlRows(database, rows.map(toRow)),
    // The version is a digest of the row, so the change is one that can be seen: a microsecond more.
    async touch(id) {
      await database.sql(
        'update outbox_message set created_at = created_at + interval 1 microsecond where id = ?',
        [id],
      )
    },
    async sendElsewhere(id) {
      await database.sql(`update outbox_message set status = 'sent' where id = ?`, [id])
    },
    async lockElsewhere(ids) {
      const connection = await connectToMariadb(database.name)
      await connection.query('set session transaction isolation level read committed')
      await connection.query('begin')
      const numbers = ids.map((id) => Number(id))
      await connection.query(
        'select 1 from outbox_message force index (primary) where id in (?) for update',
        [numbers],
      )
      return {
        async release() {
          // Said by the server: the end of a connection is not waited for by it, and its rows are free a moment later.
          await connection.query('rollback')
          await connection.end()
        },
      }
    },
    another: open,
  }
}

outboxConformance('mysql', (options) => fixture(options, async () => undefined))

// What looks, again where only the key has an index: pages, counts and groups then come in slices.
outboxLooking('mysql without indexes', (options) =>
  fixture(options, (database) =>
    database.sql(
      'alter table outbox_message drop index outbox_message_status_idx, drop index outbox_message_chain_idx',
    ),
  ),
)
