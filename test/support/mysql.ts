import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { openMysqlOutbox } from '../../src-main/adapters/outbox-mysql/open.ts'
import type { MysqlOutboxOptions } from '../../src-main/adapters/outbox-mysql/open.ts'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { createMariadb, dropMariadb, mariadbPassword, mysqlSchema } from './mariadb.ts'
import type { TestDatabase } from './postgres-server.ts'

/** A database of this test's own, dropped when the test passes, with the reference outbox for MySQL in it. */
export async function mysqlDatabase(
  options: { readonly empty?: boolean; /** What its name ends with. */ readonly suffix?: string } = {},
): Promise<TestDatabase> {
  const name = `redrive_test_${process.pid}_${randomBytes(4).toString('hex')}${options.suffix ?? ''}`
  const database = await createMariadb(name)
  onTestFinished(async ({ task }) => {
    await database.close()
    if (task.result?.state === 'fail') console.error(`kept for inspection: MariaDB database ${name}`)
    else await dropMariadb(name)
  })
  if (options.empty !== true) await database.sql(await mysqlSchema())
  return database
}

export type MysqlRow = Readonly<Record<string, string | number | null>>

let rowNumber = 0

/** Inserts rows and returns their ids. */
export async function addMysqlRows(database: TestDatabase, rows: readonly MysqlRow[]): Promise<string[]> {
  const ids: string[] = []
  for (const row of rows) {
    rowNumber += 1
    const full = {
      message_id: `message-${process.pid}-${rowNumber}`,
      payload: '{}',
      created_at: new Date().toISOString().replace('T', ' ').replace('Z', ''),
      ...row,
    }
    const columns = Object.keys(full)
    const [added] = await database.sql(
      `insert into outbox_message (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')}) returning id`,
      Object.values(full),
    )
    ids.push(added!['id']!)
  }
  return ids
}

export type MysqlTestOptions = Partial<Omit<MysqlOutboxOptions, 'config'>> &
  Partial<Omit<MysqlOutboxOptions['config'], 'outbox'>> & {
    readonly table?: string
    readonly profile?: string
  }

/** Opens the outbox of a database through the adapter; closed when the test ends. */
export async function openMysql(
  database: Pick<TestDatabase, 'url'>,
  options: MysqlTestOptions = {},
): Promise<Outbox> {
  const outbox = await openMysqlOutbox(
    {
      config: {
        url: options.url ?? database.url,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
        stuckAfterSec: options.stuckAfterSec ?? 60,
        maxAttempts: options.maxAttempts ?? 3,
        outbox: { table: options.table ?? 'outbox_message' },
      },
      password: options.password ?? (async () => mariadbPassword()),
      ...(options.load === undefined ? {} : { load: options.load }),
      chooseMapping:
        options.chooseMapping ?? ((columns) => chooseMapping(options.profile ?? 'auto', columns)),
    },
    AbortSignal.timeout(30_000),
  )
  onTestFinished(() => outbox.close())
  return outbox
}
