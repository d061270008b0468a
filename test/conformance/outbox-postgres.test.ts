import { addRows, openOutbox, testDatabase } from '../support/postgres.ts'
import type { OutboxRow } from '../support/postgres.ts'
import { connectTo } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { outboxConformance } from './outbox.ts'
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

function secondsFromNow(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString()
}

function toRow(seed: SeedRow): OutboxRow {
  const due = seed.state === 'discarded' ? 'infinity' : seed.dueInSec
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
    created_at: secondsFromNow(-(seed.createdSecAgo ?? 0)),
    updated_at: seed.updatedSecAgo === undefined ? null : secondsFromNow(-seed.updatedSecAgo),
    next_attempt_at: due === undefined ? null : typeof due === 'string' ? due : secondsFromNow(due),
    ...(seed.messageId === undefined ? {} : { message_id: seed.messageId }),
  }
}

async function fixture(
  { stuckAfterSec, attemptsMax }: FixtureOptions,
  prepare: (database: TestDatabase) => Promise<unknown>,
): Promise<OutboxFixture> {
  const database = await testDatabase()
  await prepare(database)
  const outbox = await openOutbox(database, { stuckAfterSec, maxAttempts: attemptsMax })
  return {
    outbox,
    add: (rows) => addRows(database, rows.map(toRow)),
    async touch(id) {
      await database.sql('update outbox_message set attempts = attempts where id = $1', [id])
    },
    async sendElsewhere(id) {
      await database.sql(`update outbox_message set status = 'sent' where id = $1`, [id])
    },
    async lockElsewhere(ids) {
      const client = await connectTo(database.name)
      await client.query('begin')
      await client.query('select from outbox_message where id = any($1) for update', [ids])
      return {
        async release() {
          await client.query('rollback')
          await client.end()
        },
      }
    },
    another: () => openOutbox(database, { stuckAfterSec, maxAttempts: attemptsMax }),
  }
}

outboxConformance('postgres', (options) => fixture(options, async () => undefined))

// Everything again where only the key has an index: pages, counts and groups then come in slices.
outboxConformance('postgres without indexes', (options) =>
  fixture(options, (database) =>
    database.sql('drop index outbox_message_open_idx, outbox_message_chain_idx'),
  ),
)
