import type pg from 'pg'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import { streamOf, watchOver } from './cancelling.ts'
import type { Backend, Watch } from './cancelling.ts'
import { classify } from './classify.ts'
import { connected } from '../postgres-client/connection.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import { newPool } from '../outbox-sql/pool.ts'
import type { Pool } from '../outbox-sql/pool.ts'
import type { Read, Row, SqlValue, Statement } from '../outbox-sql/statement.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'

/** A row lock held by a service is waited for this long, then the row is tried later. */
const LOCK_TIMEOUT_MS = 2_000
/** Nothing of Redrive's sits in an open transaction; this is for a process that freezes within one. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
/** Longest wait for the answer of a write. */
const WRITE_TIMEOUT_MS = 15_000
/** The server's limit should have come long before: whoever still does not answer is gone. */
export const SILENCE_MARGIN_MS = 5_000

export interface Session {
  readonly read: Read
  /** Reads all in one transaction, which costs one way to the server and back. One answer for each statement. */
  readAll(
    statements: readonly Statement[],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<readonly (readonly Row[])[]>
  /** Runs all in one transaction, all or none. One answer for each statement. */
  write(statements: readonly Statement[], signal: AbortSignal): Promise<readonly (readonly Row[])[]>
  /** The same, and takes it back: what the statements answer is what would be. */
  rehearse(statements: readonly Statement[], signal: AbortSignal): Promise<readonly (readonly Row[])[]>
  /** Grows with each connection that ended: until the next one the table may have been changed. */
  lost(): number
  close(): Promise<void>
}

/** The same for every transaction. */
export const CONSTANT_SETTINGS = {
  application_name: 'redrive',
  lock_timeout: LOCK_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  // Compiling a plan takes longer than any of these statements may, and cannot be cancelled.
  jit: 'off',
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
}

/**
 * Reading connections whose backend is theirs alone and keeps the constant settings: setting them in each transaction
 * costs as much as a fifth of a page. Behind PgBouncer a connection has many backends, and is never one of these.
 */
const steady = new WeakSet<pg.Client>()

/** Constants only, so that they can go out as one text together with BEGIN. SET LOCAL ends with the transaction. */
function begin(client: pg.Client, { mode, timeoutMs }: Run, withoutSeqScan: boolean): string {
  const settings = {
    statement_timeout: Math.max(1, Math.floor(timeoutMs)),
    ...(mode === 'read' && steady.has(client) ? {} : CONSTANT_SETTINGS),
    // Rows are locked in the order of the ids as they are sent, so two claimers cannot wait for each other.
    ...(mode === 'write' ? { enable_hashjoin: 'off', enable_mergejoin: 'off' } : {}),
    ...(withoutSeqScan ? { enable_seqscan: 'off' } : {}),
  }
  const local = Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}'`)
  const backend = 'select pg_backend_pid() as pid, now()::text as started'
  return [`begin${mode === 'read' ? ' read only' : ''}`, ...local, backend].join('; ')
}

/** Called after a transaction. A pooler gives out a process id of its own, which is not the backend's. */
async function steadyAfter(client: pg.Client, { mode }: Run, backend: Backend): Promise<void> {
  if (mode !== 'read' || steady.has(client) || backend.pid !== String(processOf(client))) return
  const settings = Object.entries(CONSTANT_SETTINGS).map(([name, value]) => `set ${name} = '${value}'`)
  await client.query(settings.join('; '))
  steady.add(client)
}

function processOf(client: pg.Client): number | null {
  return (client as unknown as { processID: number | null }).processID
}

export function openSession(settings: ConnectionSettings, load: SourceLoad = unlimited): Session {
  const { host, port, database, user } = settings.address
  const detail: ErrorDetail = { server: `${host}:${port}`, host, port, database, user }
  let lost = 0
  const dead = new WeakSet<pg.Client>()
  const onEnd = (client: pg.Client): void => {
    dead.add(client)
    lost += 1
  }
  const pool = (): Pool<pg.Client> =>
    newPool({
      open: () => opened(settings, onEnd),
      isDead: (client) => dead.has(client),
      cut: (client) => streamOf(client).destroy(),
      end: (client) => client.end(),
      load,
      // Told by the connection itself, also where nobody used it.
      onLost: () => undefined,
    })
  const readPool = pool()
  let writePool: Pool<pg.Client> | null = null
  const context = { settings, detail, load }
  const standby = async (signal: AbortSignal): Promise<boolean> => {
    const run = { mode: 'read', timeoutMs: LOCK_TIMEOUT_MS, signal } as const
    const [rows] = await transact(context, readPool, run, [
      { text: 'select pg_is_in_recovery() as standby', values: [] },
    ])
    return rows?.[0]?.['standby'] === 't'
  }
  const write = async (
    statements: readonly Statement[],
    ending: Ending,
    signal: AbortSignal,
  ): Promise<readonly (readonly Row[])[]> => {
    writePool ??= pool()
    const run = { mode: 'write', timeoutMs: WRITE_TIMEOUT_MS, ending, signal } as const
    try {
      return await transact(context, writePool, run, statements)
    } catch (error) {
      throw await readOnlyReason(error, () => standby(signal))
    }
  }
  const readAll: Session['readAll'] = (statements, timeoutMs, signal) =>
    transact(context, readPool, { mode: 'read', timeoutMs, signal }, statements)
  return {
    async read(statement, timeoutMs, signal) {
      const [rows] = await readAll([statement], timeoutMs, signal)
      return rows ?? []
    },
    readAll,
    write: (statements, signal) => write(statements, 'commit', signal),
    rehearse: (statements, signal) => write(statements, 'rollback', signal),
    lost: () => lost,
    async close() {
      await Promise.all([readPool.close(), writePool?.close()])
    },
  }
}

/** A standby refuses writes with the same code as a role or database that was set to read-only. */
async function readOnlyReason(error: unknown, standby: () => Promise<boolean>): Promise<unknown> {
  if (!(error instanceof RedriveError) || error.code !== 'source-is-standby') return error
  if (await standby().catch(() => true)) return error
  return new RedriveError('permission-denied', 'never', error.detail, { cause: error })
}

interface Context {
  readonly settings: ConnectionSettings
  readonly detail: ErrorDetail
  readonly load: SourceLoad
}

async function opened(settings: ConnectionSettings, onEnd: (client: pg.Client) => void): Promise<pg.Client> {
  const client = await connected(settings)
  client.once('end', () => onEnd(client))
  return client
}

interface Run {
  readonly mode: 'read' | 'write'
  readonly timeoutMs: number
  /** Absent: commit. */
  readonly ending?: Ending
  readonly signal: AbortSignal
}

type Ending = 'commit' | 'rollback'

function transact(
  context: Context,
  pool: Pool<pg.Client>,
  run: Run,
  statements: readonly Statement[],
): Promise<readonly (readonly Row[])[]> {
  return context.load.turn('short', () => transactNow(context, pool, run, statements), run.signal)
}

async function transactNow(
  context: Context,
  pool: Pool<pg.Client>,
  run: Run,
  statements: readonly Statement[],
): Promise<readonly (readonly Row[])[]> {
  const client = await checkOut(context, pool, run.signal)
  const silenceMs = run.timeoutMs + LOCK_TIMEOUT_MS + SILENCE_MARGIN_MS
  const watch = watchOver(context.settings, client, { silenceMs, signal: run.signal })
  try {
    const { load } = context
    const { rows, backend, committedMs } = await load.timed(() => pipeline(client, run, statements, watch))
    if (run.mode === 'write' && run.ending !== 'rollback') load.committed(committedMs)
    if (run.mode === 'read' && steady.has(client) && backend.pid !== String(processOf(client))) {
      // Never seen: then the constant settings did not hold, and the answer may speak of another time zone.
      const reason = 'a pooler exchanged the backend'
      throw new RedriveError('connection-lost', 'later', { ...context.detail, reason })
    }
    await steadyAfter(client, run, backend)
    watch.end()
    pool.give(client, true)
    return rows
  } catch (error) {
    watch.end()
    // Whatever state the connection is in: nobody else gets it.
    pool.give(client, false)
    const cancelled = run.signal.aborted
    throw classify(error, { during: run.mode, cancelled, detail: context.detail })
  }
}

async function checkOut({ detail }: Context, pool: Pool<pg.Client>, signal: AbortSignal): Promise<pg.Client> {
  try {
    return await pool.take(signal)
  } catch (error) {
    throw classify(error, { during: 'connect', cancelled: false, detail })
  }
}

interface Pipelined {
  readonly rows: readonly (readonly Row[])[]
  readonly backend: Backend
  /** From the answer of the last statement to that of COMMIT: they were sent together. */
  readonly committedMs: number
}

/** BEGIN, all statements and COMMIT go out at once; the first error is the one that counts, COMMIT then rolls back. */
async function pipeline(
  client: pg.Client,
  run: Run,
  statements: readonly Statement[],
  watch: Watch,
): Promise<Pipelined> {
  // A statement sent to a transaction that could not begin would run without its limits: BEGIN is the first part of
  // the same text as the limits, so either the transaction is there or it is broken and refuses everything.
  const stream = streamOf(client)
  // One packet to the server instead of three.
  stream.cork()
  const begun = client
    .query(
      begin(
        client,
        run,
        statements.some((one) => one.withoutSeqScan),
      ),
    )
    .then((results) => {
      const row = (results as unknown as readonly pg.QueryResult<Row>[]).at(-1)?.rows[0]
      const backend = { pid: row?.['pid'] ?? '', started: row?.['started'] ?? '' }
      watch.began(backend)
      return backend
    })
  const answers = statements.map((statement) =>
    client.query<Record<string, string | null>>({
      text: statement.text,
      values: statement.values.map(asSent),
      queryMode: 'extended',
    } as pg.QueryConfig),
  )
  const ending = run.ending ?? 'commit'
  const committed = client.query(ending)
  stream.uncork()
  let answeredMs = 0
  const note = (): void => {
    answeredMs = performance.now()
  }
  answers.at(-1)?.then(note, note)
  const endedMs = committed.then(() => performance.now())
  endedMs.catch(() => undefined)
  const settled = await Promise.allSettled([begun, ...answers, committed])
  for (const one of settled) if (one.status === 'rejected') throw one.reason
  const { command } = await committed
  // The server answers COMMIT of a failed transaction with ROLLBACK and no error.
  if (command !== ending.toUpperCase()) {
    throw new RedriveError('query-failed', 'later', { reason: `the transaction ended with ${command}` })
  }
  const backend = await begun
  const rows = await Promise.all(answers.map(async (answer) => (await answer).rows))
  return { rows, backend, committedMs: (await endedMs) - answeredMs }
}

/** What needs no quotes in the text of an array, but for the word null. */
const PLAIN = /^[\w.:+-]+$/

/** Lists as the text of an array. The driver looks at each character of each value; ids and versions are plain. */
function asSent(value: SqlValue): string | null {
  if (value === null || typeof value === 'string') return value
  const elements = value.map((one) => {
    if (one === null) return 'null'
    if (PLAIN.test(one) && one.toLowerCase() !== 'null') return one
    return `"${one.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${elements.join(',')}}`
}
