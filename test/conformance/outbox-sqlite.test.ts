import { addSqliteRows, openSqlite, sqliteFile } from '../support/sqlite.ts'
import type { SqliteFile, SqliteRow } from '../support/sqlite.ts'
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

function toRow(seed: SeedRow): SqliteRow {
  const due = seed.state === 'discarded' ? '9999-12-31 23:59:59.000000' : seed.dueInSec
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
  options: Parameters<typeof sqliteFile>[0],
  prepare: (file: SqliteFile) => void = () => undefined,
): Promise<OutboxFixture> {
  const file = await sqliteFile(options)
  prepare(file)
  const open = () => openSqlite(file, { stuckAfterSec, maxAttempts: attemptsMax })
  return {
    outbox: await open(),
    add: (rows) => Promise.resolve(addSqliteRows(file, rows.map(toRow))),
    // The version is a digest of the row, so the change is one that can be seen: a digit more.
    async touch(id) {
      await file.sql(`update outbox_message set created_at = created_at || '1' where id = ?`, [id])
    },
    async sendElsewhere(id) {
      await file.sql(`update outbox_message set status = 'sent' where id = ?`, [id])
    },
    lockElsewhere: () => Promise.reject(new Error('nobody holds a single row of SQLite')),
    another: open,
  }
}

// A lock of SQLite is one on the whole file: integration/outbox-sqlite.test.ts has what becomes of that.
outboxConformance('sqlite', (options) => fixture(options, { journal: 'wal' }), {
  rowLocks: false,
  chains: true,
})
outboxConformance('sqlite with a rollback journal', (options) => fixture(options, { journal: 'delete' }), {
  rowLocks: false,
  chains: true,
})

// What looks, again where only the key has an index: pages, counts and groups then come in slices.
outboxLooking('sqlite without indexes', (options) =>
  fixture(options, {}, ({ db }) =>
    db.exec('drop index outbox_message_status_idx; drop index outbox_message_chain_idx'),
  ),
)
