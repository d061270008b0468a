import { parseMapping } from '../../src-main/adapters/mapping-schema/parse.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { Message } from '../../src-main/domain/message.ts'
import type { MessageFilter, Outbox } from '../../src-main/ports/outbox.ts'
import { openMysql } from './mysql.ts'
import { openOutbox, testDatabase } from './postgres.ts'
import type { TestDatabase } from './postgres-server.ts'

const BUDGET_MS = 5_000

export interface MappedTable {
  readonly database: TestDatabase
  readonly outbox: Outbox
}

/** An outbox of a layout of the test's own, in a database of its own; the mapping goes through its schema. */
export async function mappedTable(ddl: string, table: string, mapping: Mapping): Promise<MappedTable> {
  const database = await testDatabase({ empty: true })
  await database.sql(ddl)
  return { database, outbox: await openMapped(database, table, mapping) }
}

/** Whatever kind of server the database is on. */
export function openMapped(database: TestDatabase, table: string, mapping: Mapping): Promise<Outbox> {
  const parsed = parseMapping(JSON.parse(JSON.stringify(mapping)), 'test')
  const open = database.driver === 'mysql' ? openMysql : openOutbox
  return open(database, { table, chooseMapping: () => parsed })
}

export function signal(): AbortSignal {
  return AbortSignal.timeout(20_000)
}

/** All rows, over pages of two, oldest first. */
export async function allOf(outbox: Outbox, filter: MessageFilter = {}): Promise<Message[]> {
  const found: Message[] = []
  let cursor: string | null = null
  do {
    const page = await outbox.list(
      { filter, order: 'oldest', cursor, limit: 2, budgetMs: BUDGET_MS },
      signal(),
    )
    found.push(...page.messages)
    cursor = page.nextCursor
  } while (cursor !== null)
  return found
}

/** Message id → state. */
export async function statesOf(outbox: Outbox): Promise<Record<string, string>> {
  return Object.fromEntries((await allOf(outbox)).map(({ messageId, state }) => [messageId, state]))
}

export async function byMessageId(outbox: Outbox, messageId: string): Promise<Message> {
  const [found] = await allOf(outbox, { messageId })
  if (found === undefined) throw new Error(`no message ${messageId}`)
  return found
}

export async function countOf(outbox: Outbox, filter: MessageFilter): Promise<number> {
  return (await outbox.count(filter, BUDGET_MS, signal())).count
}
