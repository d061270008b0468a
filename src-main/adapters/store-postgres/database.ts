import type pg from 'pg'
import { RedriveError } from '../../domain/errors.ts'
import { fromPool, openPool } from '../postgres-client/connection.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import { rowReader, sent } from './values.ts'
import type { SqlValue } from './values.ts'

/** Looking is short; more connections would only queue on the server. One of them may be writing items of a plan. */
const READ_CONNECTIONS_MAX = 4
/** The server ends a statement that takes longer. */
const STATEMENT_TIMEOUT_MS = 30_000
/** How long a write waits for the transaction of another console. */
const LOCK_TIMEOUT_MS = 10_000
/** A process that froze within a transaction holds up the whole team for so long at most. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000
/** The server's limit should have come long before: whoever still does not answer is gone. */
const SILENCE_MS = STATEMENT_TIMEOUT_MS + 5_000

/** Everything of Redrive's is in here, and nothing else. */
export const SCHEMA = 'redrive'

/** Statements of one transaction. Rows arrive with their columns in camel case. */
export interface Queries {
  readonly all: <Row extends object>(sql: string, ...values: readonly SqlValue[]) => Promise<Row[]>
  readonly get: <Row extends object>(sql: string, ...values: readonly SqlValue[]) => Promise<Row | undefined>
  /** Answers with the number of rows. */
  readonly run: (sql: string, ...values: readonly SqlValue[]) => Promise<number>
}

/** The server may have written it, and did not say so. `result` is what the work answered. */
export class CommitLost extends Error {
  override readonly name = 'CommitLost'
  readonly result: unknown
  constructor(result: unknown, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.result = result
  }
}

export interface Database {
  /** One snapshot, nothing written. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** On disk when it resolves. One at a time. Throws CommitLost where that cannot be known. */
  write<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** As `write`, beside it: for what nobody else looks at. */
  aside<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const SETTINGS = [
  // Not the schema of whoever created a table of the same name elsewhere on the path.
  `SET LOCAL search_path = ${SCHEMA}, pg_temp`,
  `SET LOCAL application_name = 'redrive'`,
  `SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
  `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`,
  `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
  // Few of many are asked for, by their index, whatever the statistics say.
  'SET LOCAL enable_hashjoin = off',
  'SET LOCAL enable_mergejoin = off',
  'SET LOCAL jit = off',
]
const BEGIN_READING = ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...SETTINGS].join('; ')
/** What was promised is on disk; a server that was told to wait for its standbys too goes on doing so. */
const ON_DISK = `SELECT set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`
const BEGIN_WRITING = ['BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE', ...SETTINGS, ON_DISK].join('; ')

export function openConnections(settings: ConnectionSettings): Database {
  const pool = (connectionsMax: number): pg.Pool =>
    openPool(settings, connectionsMax).on('connect', (client) => {
      // While it is in use its statements tell of a break; without a listener it would end the process too.
      client.on('error', () => undefined)
    })
  const reading = pool(READ_CONNECTIONS_MAX)
  const writing = pool(1)
  let closed = false
  const within = <T>(of: pg.Pool, begin: string, work: (queries: Queries) => Promise<T>): Promise<T> => {
    if (!closed) return transaction(() => fromPool(of, settings), begin, work)
    const { host, port, database } = settings.address
    const path = `postgres://${host}:${port}/${database}`
    return Promise.reject(new RedriveError('store-failed', 'never', { path, problem: 'it has been closed' }))
  }
  return {
    read: (work) => within(reading, BEGIN_READING, work),
    write: (work) => within(writing, BEGIN_WRITING, work),
    aside: (work) => within(reading, BEGIN_WRITING, work),
    async close() {
      if (closed) return
      closed = true
      await Promise.all([reading.end(), writing.end()])
    },
  }
}

async function transaction<T>(
  connect: () => Promise<pg.PoolClient>,
  begin: string,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  const client = await connect()
  let broken: Error | undefined
  try {
    // Goes out together with the first statement; where it fails, that one fails too.
    const begun = say(client, begin)
    begun.catch(() => undefined)
    const result = await settled(begun, work(queriesOf(client)))
    await commit(client, result)
    return result
  } catch (error) {
    broken = await undo(client, error)
    throw error
  } finally {
    client.release(broken)
  }
}

/** The error of BEGIN says more than that of the statements behind it. */
async function settled<T>(begun: Promise<unknown>, work: Promise<T>): Promise<T> {
  const [first, second] = await Promise.allSettled([begun, work])
  if (first.status === 'rejected') throw first.reason
  if (second.status === 'rejected') throw second.reason
  return second.value
}

async function commit(client: pg.PoolClient, result: unknown): Promise<void> {
  let answer: pg.QueryResult
  try {
    answer = await say(client, 'COMMIT')
  } catch (error) {
    throw new CommitLost(result, error)
  }
  // A transaction with an error in it answers COMMIT with ROLLBACK.
  if (answer.command !== 'COMMIT') throw new Error(`the server answered COMMIT with ${answer.command}`)
}

/** Answers with why the connection is no longer to be used. */
async function undo(client: pg.PoolClient, error: unknown): Promise<Error | undefined> {
  if (error instanceof CommitLost) return error
  try {
    await say(client, 'ROLLBACK')
    return undefined
  } catch (problem) {
    return problem instanceof Error ? problem : new Error(String(problem))
  }
}

function say(client: pg.PoolClient, text: string): Promise<pg.QueryResult> {
  return client.query({ text, query_timeout: SILENCE_MS } as pg.QueryConfig)
}

function queriesOf(client: pg.PoolClient): Queries {
  const query = (text: string, values: readonly SqlValue[]) =>
    client.query<(string | null)[]>({
      text,
      values: values.map(sent),
      rowMode: 'array',
      query_timeout: SILENCE_MS,
    } as pg.QueryArrayConfig)
  const all = async <Row extends object>(text: string, ...values: readonly SqlValue[]): Promise<Row[]> => {
    const { rows, fields } = await query(text, values)
    return rows.map(rowReader(fields)) as Row[]
  }
  return {
    all,
    get: async <Row extends object>(text: string, ...values: readonly SqlValue[]) =>
      (await all<Row>(text, ...values))[0],
    run: async (text, ...values) => (await query(text, values)).rowCount ?? 0,
  }
}
