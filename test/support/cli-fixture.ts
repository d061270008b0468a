import type { TestContext } from 'vitest'
import { openCli } from './cli.ts'
import type { Cli } from './cli.ts'
import { mariadbPassword } from './mariadb.ts'
import { addMysqlRows, mysqlDatabase } from './mysql.ts'
import { addRows, testDatabase } from './postgres.ts'
import { serverAddress } from './postgres-server.ts'
import type { TestDatabase } from './postgres-server.ts'
import { openRabbitTest, rabbit, rabbitUrl } from './rabbitmq.ts'
import type { RabbitTest } from './rabbitmq.ts'

export interface CliFixture {
  readonly cli: Cli
  readonly database: TestDatabase
  readonly broker: RabbitTest
  readonly queue: string
}

interface Changes {
  readonly source?: Readonly<Record<string, unknown>>
  readonly broker?: Readonly<Record<string, unknown>>
  readonly empty?: boolean
}

/** A real outbox in PostgreSQL, a real broker and a workspace that names both as `orders` and `rabbit`. */
export async function cliFixture(context: TestContext, changes: Changes = {}): Promise<CliFixture> {
  const database = await testDatabase({ empty: changes.empty === true })
  const source = {
    driver: 'postgres',
    password: { value: serverAddress().password },
    outbox: { profile: 'auto', table: 'public.outbox_message' },
  }
  return overDatabase(context, { database, source }, changes)
}

/** The same in MariaDB. */
export async function mysqlCliFixture(context: TestContext, changes: Changes = {}): Promise<CliFixture> {
  const database = await mysqlDatabase({ empty: changes.empty === true })
  const source = {
    driver: 'mysql',
    password: { value: mariadbPassword() },
    outbox: { profile: 'auto', table: 'outbox_message' },
  }
  return overDatabase(context, { database, source }, changes)
}

async function overDatabase(
  context: TestContext,
  { database, source }: { readonly database: TestDatabase; readonly source: object },
  changes: Changes,
): Promise<CliFixture> {
  const broker = await openRabbitTest(context)
  const queue = await broker.queue()
  const cli = await openCli({
    sources: {
      orders: {
        url: database.url,
        environment: 'development',
        deliver: { broker: 'rabbit' },
        stuckAfterSec: 60,
        maxAttempts: 3,
        ...source,
        ...changes.source,
      },
    },
    brokers: {
      rabbit: {
        driver: 'rabbitmq',
        url: rabbitUrl(),
        password: { value: rabbit.password },
        ...changes.broker,
      },
    },
  })
  return { cli, database, broker, queue }
}

/** Rows that failed after three attempts, for the default exchange and `queue`. */
export function addFailed(
  database: TestDatabase,
  queue: string,
  count: number,
  exchange = '',
): Promise<string[]> {
  return addRows(database, failedRows(queue, count, exchange))
}

export function addMysqlFailed(database: TestDatabase, queue: string, count: number): Promise<string[]> {
  return addMysqlRows(database, failedRows(queue, count, ''))
}

function failedRows(queue: string, count: number, exchange: string) {
  return Array.from({ length: count }, (_, index) => ({
    exchange,
    routing_key: queue,
    type: 'OrderPaid',
    status: 'failed' as const,
    attempts: 3,
    last_error: 'connect ECONNREFUSED',
    payload: JSON.stringify({ order: index, note: 'päckchen' }),
  }))
}
