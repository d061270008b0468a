import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import type { ErrorDetail } from '../../domain/errors.ts'
import { RedriveError } from '../../domain/errors.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { ChangeSession, Transaction } from '../outbox-sql/change-parts.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'
import { bind, placeholder } from './binding.ts'
import { classify } from './classify.ts'
import type { Circumstances } from './classify.ts'
import { openConnection } from './connection.ts'
import type { ConnectionSettings } from './connection.ts'
import { newPool } from '../outbox-sql/pool.ts'
import type { Pool } from '../outbox-sql/pool.ts'
import { textRows } from './rows.ts'
import { LOCK_TIMEOUT_SEC, openHeld, streamOf } from './server.ts'
import type { Held, Server } from './server.ts'

/** Longest time of a whole transaction that writes. */
const WRITE_TIMEOUT_MS = 15_000
/** The server's limit should have come long before: whoever still does not answer is gone. */
const SILENCE_MARGIN_MS = 7_000
/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_WAIT_MS = 2_000
/** Limits of more than this are told to the server in steps of it: each new one costs a round trip. */
const LIMIT_STEP_MS = 100

export interface Session extends ChangeSession {
  server(signal: AbortSignal): Promise<Server>
  /** Grows with each connection that ended: until the next one the table may have been changed. */
  lost(): number
  close(): Promise<void>
}

interface Context {
  readonly settings: ConnectionSettings
  readonly detail: ErrorDetail
  readonly load: SourceLoad
}

export function openSession(settings: ConnectionSettings, load: SourceLoad = unlimited): Session {
  const { host, port, database, user } = settings.address
  const context: Context = {
    settings,
    load,
    detail: { server: `${host}:${port}`, host, port, database, user },
  }
  let lost = 0
  const pool = (mode: 'read' | 'write'): Pool<Held> =>
    newPool({
      open: () => openHeld(settings, mode),
      isDead: ({ dead }) => dead,
      cut: ({ connection }) => connection.destroy(),
      end: ({ connection }) => connection.end(),
      load,
      onLost: () => {
        lost += 1
      },
    })
  const reading = pool('read')
  let writing: Pool<Held> | null = null
  const change = <Result>(
    work: (transaction: Transaction) => Promise<Result>,
    options: { readonly ending: 'commit' | 'rollback'; readonly only: string | null },
    signal: AbortSignal,
  ): Promise<Result> => {
    writing ??= pool('write')
    return changing(context, writing, { work, ...options }, signal)
  }
  return {
    async read(statement, timeoutMs, signal) {
      return onHeld(context, reading, { during: 'read', timeoutMs, signal }, async (held) => {
        await limit(held, timeoutMs)
        return (await execute(held, statement)).rows
      })
    },
    write: (work, signal, only) => change(work, { ending: 'commit', only: only ?? null }, signal),
    rehearse: (work, signal) => change(work, { ending: 'rollback', only: null }, signal),
    server: (signal) =>
      onHeld(
        context,
        reading,
        { during: 'read', timeoutMs: CANCEL_WAIT_MS, signal },
        async (held) => held.server,
      ),
    lost: () => lost,
    async close() {
      await Promise.all([reading.close(), writing?.close()])
    },
  }
}

interface Run {
  during: Circumstances['during']
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Takes a connection, watches over it while it is busy, and gives it back only as long as it is whole. */
function onHeld<Result>(
  context: Context,
  pool: Pool<Held>,
  run: Run,
  use: (held: Held) => Promise<Result>,
): Promise<Result> {
  return context.load.turn('short', () => withHeld(context, pool, run, use), run.signal)
}

async function withHeld<Result>(
  context: Context,
  pool: Pool<Held>,
  run: Run,
  use: (held: Held) => Promise<Result>,
): Promise<Result> {
  const { signal } = run
  let held: Held
  try {
    held = await pool.take(signal)
  } catch (error) {
    throw classify(error, { during: 'connect', cancelled: signal.aborted, detail: context.detail })
  }
  const watch = watchOver(context, held, run)
  try {
    const result = await context.load.timed(() => Promise.race([use(held), watch.cut]))
    watch.end()
    // A late KILL must not meet somebody else's statement.
    pool.give(held, !signal.aborted)
    return result
  } catch (error) {
    watch.end()
    const known = classify(error, { during: run.during, cancelled: signal.aborted, detail: context.detail })
    // A statement that was only refused or ran out of time leaves a reading connection as it was.
    const whole =
      run.during === 'read' && !signal.aborted && !watch.killed() && known.code !== 'connection-lost'
    pool.give(held, whole)
    throw known
  }
}

interface Change<Result> {
  readonly work: (transaction: Transaction) => Promise<Result>
  readonly ending: 'commit' | 'rollback'
  readonly only: string | null
}

async function changing<Result>(
  context: Context,
  pool: Pool<Held>,
  { work, ending, only }: Change<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const run: Run = { during: 'write', timeoutMs: WRITE_TIMEOUT_MS, signal }
  return onHeld(context, pool, run, async (held) => {
    await limit(held, WRITE_TIMEOUT_MS)
    if (only !== null) await alone(held, only)
    await held.connection.query('start transaction')
    const result = await work({ run: (statement) => execute(held, statement) })
    if (signal.aborted) throw new RedriveError('cancelled', 'later')
    // From here on only the answer tells.
    if (ending === 'commit') run.during = 'commit'
    const askedMs = performance.now()
    await held.connection.query(ending)
    if (ending === 'commit') context.load.committed(performance.now() - askedMs)
    run.during = 'write'
    if (only !== null) await release(held, only)
    return result
  })
}

/** The lock belongs to the session and ends with it, so a process that dies holds up nobody. */
async function alone(held: Held, word: string): Promise<void> {
  const text = `select get_lock(${placeholder(1)}, ${LOCK_TIMEOUT_SEC}) as mine`
  const { rows } = await execute(held, { text, values: [word] })
  if (rows[0]?.['mine'] === '1') return
  throw new RedriveError('query-timeout', 'later', {
    reason: 'an earlier call with this token is still at work',
  })
}

/** What was committed is committed, whatever becomes of the lock: the connection takes it along. */
async function release(held: Held, word: string): Promise<void> {
  try {
    await execute(held, { text: `do release_lock(${placeholder(1)})`, values: [word] })
  } catch {
    held.dead = true
  }
}

/** On MySQL only a SELECT has a limit of its own; the watch ends what else takes too long. */
async function limit(held: Held, timeoutMs: number): Promise<void> {
  const whole = Math.max(1, Math.ceil(timeoutMs))
  const limitMs = whole > LIMIT_STEP_MS ? Math.ceil(whole / LIMIT_STEP_MS) * LIMIT_STEP_MS : whole
  if (held.limitMs === limitMs) return
  const setting =
    held.server.product === 'MariaDB'
      ? `max_statement_time = ${(limitMs / 1000).toFixed(3)}`
      : `max_execution_time = ${limitMs}`
  await held.connection.query(`set session ${setting}`)
  held.limitMs = limitMs
}

async function execute(
  held: Held,
  statement: Statement,
): Promise<{ readonly rows: readonly Row[]; readonly matched: number }> {
  const { text, values } = bind(statement)
  const [result, fields] = await held.connection.execute<RowDataPacket[] | ResultSetHeader>(
    text,
    values as (string | null)[],
  )
  if (!Array.isArray(result)) return { rows: [], matched: result.affectedRows }
  return { rows: textRows(result, fields), matched: 0 }
}

interface Watch {
  /** Rejects when the connection was cut. */
  readonly cut: Promise<never>
  killed(): boolean
  end(): void
}

/** Ends the statement on the server when the signal is aborted or time is up, and cuts a connection that stays silent. */
function watchOver(context: Context, held: Held, { during, timeoutMs, signal }: Run): Watch {
  const cutting = Promise.withResolvers<never>()
  cutting.promise.catch(() => undefined)
  let killed = false
  let last: NodeJS.Timeout | undefined
  const cut = (): void => {
    held.dead = true
    streamOf(held.connection).destroy()
    cutting.reject(Object.assign(new Error('the connection was cut: no answer'), { code: 'ETIMEDOUT' }))
  }
  const kill = (): void => {
    killed = true
    last = setTimeout(cut, CANCEL_WAIT_MS)
    void killOnServer(context.settings, held.threadId)
  }
  const late = setTimeout(kill, during === 'read' ? timeoutMs + SILENCE_MARGIN_MS : timeoutMs)
  signal.addEventListener('abort', kill, { once: true })
  return {
    cut: cutting.promise,
    killed: () => killed,
    end() {
      clearTimeout(late)
      clearTimeout(last)
      signal.removeEventListener('abort', kill)
    },
  }
}

/** From a second connection, because the first one is busy. Best effort; the cut comes after it. */
async function killOnServer(settings: ConnectionSettings, threadId: number): Promise<void> {
  try {
    const connection = await openConnection(settings)
    try {
      await connection.query(`kill query ${threadId}`)
    } finally {
      await connection.end()
    }
  } catch {
    // The server's own limit ends the statement, and the cut ends the connection.
  }
}
