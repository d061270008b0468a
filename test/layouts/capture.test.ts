import { expect, onTestFinished, test } from 'vitest'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import { profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import { startPostgresCluster } from '../support/postgres-cluster.ts'
import { plainCell, STUCK_AFTER_SEC } from './layout.ts'
import { debezium } from './frameworks/debezium.ts'
import { insertRows } from './load.ts'

const CLUSTER_TIMEOUT_MS = 120_000
/** First byte of what the plugin says of a row that was inserted. */
const INSERTED = `get_byte(data, 0) = ascii('I')`

test(
  'a capture sees the copy that a retry inserts, and never an update',
  async () => {
    const cluster = await startPostgresCluster()
    onTestFinished(() => cluster.close())
    const { database } = cluster
    await database.sql(`alter system set wal_level = logical`)
    await cluster.stop('fast')
    await cluster.start()
    await database.sql(debezium.schema)
    await insertRows(database, debezium)
    await database.sql(`create publication of_the_outbox for table outbox with (publish = 'insert')`)
    await database.sql(`select pg_create_logical_replication_slot('relay', 'pgoutput')`)
    const captured = async (): Promise<number> => {
      const [row] =
        await database.sql(`select count(*) as n from pg_logical_slot_get_binary_changes('relay', null, null,
        'proto_version', '1', 'publication_names', 'of_the_outbox') where ${INSERTED}`)
      return Number(row!['n'])
    }
    await database.sql(`update outbox set type = type`)
    expect(await captured()).toBe(0)

    const outbox = await openPostgresOutbox(
      {
        config: {
          url: database.url,
          stuckAfterSec: STUCK_AFTER_SEC,
          maxAttempts: 3,
          outbox: { table: debezium.tables[0]! },
        },
        password: async () => cluster.password,
        chooseMapping: () => profileByName('debezium'),
      },
      AbortSignal.timeout(20_000),
    )
    onTestFinished(() => outbox.close())
    const id = plainCell(debezium.rows[0]!, 'id')
    const [message] = await outbox.read([id], AbortSignal.timeout(20_000))
    const request = { id, version: message!.version }
    await outbox.preview('retry', [request], AbortSignal.timeout(20_000))
    expect(await captured()).toBe(0)
    expect(await outbox.retry([request], AbortSignal.timeout(20_000))).toEqual([{ id, applied: true }])
    expect(await captured()).toBe(1)
  },
  CLUSTER_TIMEOUT_MS,
)
