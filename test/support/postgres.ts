import { randomBytes } from 'node:crypto'
import { afterAll, onTestFinished } from 'vitest'
import { openPostgresOutbox } from '../../src-main/adapters/outbox-postgres/open.ts'
import type { PostgresOutboxOptions } from '../../src-main/adapters/outbox-postgres/open.ts'
import { chooseMapping } from '../../src-main/adapters/profiles/profiles.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import {
  dropDatabase,
  emptyDatabase,
  openDatabase,
  referenceSchema,
  serverAddress,
} from './postgres-server.ts'
import type { TestDatabase } from './postgres-server.ts'

/** Of passed tests of this file, empty again: to make and drop one costs the server a second, to empty it a twentieth. */
const emptied: string[] = []
afterAll(async () => {
  for (const name of emptied.splice(0)) await dropDatabase(name)
})

/**
 * A database of this test's own with the reference outbox in it. Emptied for the next one when the test passes; kept and
 * named when it fails. Call it inside a test.
 */
export async function testDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const known = emptied.pop()
  const name = known ?? `redrive_test_${process.pid}_${randomBytes(4).toString('hex')}`
  const database = await openDatabase(name, known === undefined)
  onTestFinished(async ({ task }) => {
    await database.close()
    if (task.result?.state === 'fail') return console.error(`kept for inspection: database ${name}`)
    await emptyDatabase(name)
    emptied.push(name)
  })
  if (options.empty !== true) await database.sql(await referenceSchema())
  return database
}

export interface OutboxRow {
  readonly prev_id?: string | null
  readonly chain_key?: string | null
  readonly message_id?: string
  readonly exchange?: string
  readonly routing_key?: string
  readonly type?: string | null
  /** JSON text. */
  readonly payload?: string
  readonly headers?: string | null
  readonly status?: 'prepared' | 'pending' | 'sending' | 'sent' | 'failed'
  readonly attempts?: number
  readonly next_attempt_at?: string | null
  readonly created_at?: string
  readonly updated_at?: string | null
  readonly last_error?: string | null
}

let rowNumber = 0

/** Inserts rows and returns their ids. */
export async function addRows(database: TestDatabase, rows: readonly OutboxRow[]): Promise<string[]> {
  const ids: string[] = []
  for (const row of rows) {
    rowNumber += 1
    const full = { message_id: `message-${process.pid}-${rowNumber}`, payload: '{}', ...row }
    const columns = Object.keys(full)
    const places = columns.map((_, index) => `$${index + 1}`)
    const [added] = await database.sql(
      `insert into outbox_message (${columns.join(', ')}) values (${places.join(', ')}) returning id`,
      Object.values(full),
    )
    ids.push(added!['id']!)
  }
  return ids
}

export type OutboxTestOptions = Partial<Omit<PostgresOutboxOptions, 'config'>> &
  Partial<PostgresOutboxOptions['config']> & { readonly table?: string; readonly profile?: string }

/** Opens the outbox of a database through the adapter; closed when the test ends. */
export async function openOutbox(
  database: Pick<TestDatabase, 'url'>,
  options: OutboxTestOptions = {},
): Promise<Outbox> {
  const outbox = await openPostgresOutbox(
    {
      config: {
        url: options.url ?? database.url,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
        stuckAfterSec: options.stuckAfterSec ?? 60,
        maxAttempts: options.maxAttempts ?? 3,
        outbox: { table: options.table ?? 'public.outbox_message' },
      },
      password: options.password ?? (async () => serverAddress().password),
      ...(options.load === undefined ? {} : { load: options.load }),
      chooseMapping:
        options.chooseMapping ?? ((columns) => chooseMapping(options.profile ?? 'auto', columns)),
    },
    AbortSignal.timeout(30_000),
  )
  onTestFinished(() => outbox.close())
  return outbox
}
