import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { RedriveError } from '../../domain/errors.ts'
import { openInRoom } from '../outbox-sql/in-room.ts'
import { inTime } from '../outbox-sql/pool.ts'
import type { Room, SourceLoad } from '../../ports/load.ts'
import { classify } from './classify.ts'
import { connected } from '../postgres-client/connection.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'
import { CANCEL_WAIT_MS, cancelOnServer, streamOf } from './cancelling.ts'
import type { Backend } from './cancelling.ts'
import { CONSTANT_SETTINGS, SILENCE_MARGIN_MS } from './session.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'

/** Shown in the server's list of connections, so that its owner knows whom to ask. */
const APPLICATION_NAME = 'redrive audit'

export interface ReadOptions {
  readonly timeoutMs: number
  /** Aborted: the statement is cancelled on the server, and the connection cut where that does not help. */
  readonly signal: AbortSignal
  /** Settings of the one transaction, constants only. */
  readonly settings?: Readonly<Record<string, string>>
}

/** What each transaction must be told by its own server before it reads. */
export interface Gate {
  /** Columns without parameters. */
  readonly columns: string
  /** Throws RedriveError where this server is not to be read. */
  check(row: Row): void
}

/** A connection for long reads. One statement at a time, each in a read-only transaction of its own. */
export interface ChainConnection {
  /** Hands out each row as it arrives and keeps none. */
  stream(statement: Statement, options: ReadOptions, take: (row: Row) => void): Promise<void>
  rows(statement: Statement, options: ReadOptions): Promise<readonly Row[]>
  end(): Promise<void>
}

/** Throws what connecting throws. */
async function connectForChains(
  settings: ConnectionSettings,
  gate: Gate | null,
  signal: AbortSignal,
): Promise<ChainConnection> {
  const { host, port, database, user } = settings.address
  const detail = { server: `${host}:${port}`, host, port, database, user }
  if (signal.aborted) throw new RedriveError('cancelled', 'later')
  const client = await connected(settings).catch((error: unknown) => {
    throw classify(error, { during: 'connect', cancelled: signal.aborted, detail })
  })
  const stream: ChainConnection['stream'] = async (statement, options, take) => {
    if (options.signal.aborted) throw new RedriveError('cancelled', 'later')
    const guard = guardOf(settings, client, options)
    try {
      guard.began(await begin(client, gate, options))
      await streamed(client, statement, take)
      await client.query('commit')
    } catch (error) {
      if (!guard.wasCut()) await client.query('rollback').catch(() => undefined)
      throw classify(error, { during: 'read', cancelled: options.signal.aborted, detail })
    } finally {
      guard.end()
    }
  }
  return {
    stream,
    async rows(statement, options) {
      const rows: Row[] = []
      await stream(statement, options, (row) => rows.push(row))
      return rows
    },
    end: () => inTime(client.end(), () => streamOf(client).destroy()),
  }
}

async function begin(
  client: pg.Client,
  gate: Gate | null,
  { timeoutMs, settings }: ReadOptions,
): Promise<Backend> {
  const wanted = {
    ...CONSTANT_SETTINGS,
    application_name: APPLICATION_NAME,
    statement_timeout: Math.max(1, Math.floor(timeoutMs)),
    ...settings,
  }
  const local = Object.entries(wanted).map(([name, value]) => `set local ${name} = '${value}'`)
  const backend = `select pg_backend_pid() as pid, now()::text as started${gate === null ? '' : `, ${gate.columns}`}`
  const answer = await client.query(['begin read only', ...local, backend].join('; '))
  const row = (answer as unknown as readonly pg.QueryResult<Row>[]).at(-1)?.rows[0]
  gate?.check(row ?? {})
  return { pid: row?.['pid'] ?? '', started: row?.['started'] ?? '' }
}

/** Row by row: the driver's own list of rows would be as large as the answer. */
function streamed(client: pg.Client, statement: Statement, take: (row: Row) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const query = new pg.Query<Record<string, string | null>>({
    text: statement.text,
    values: [...statement.values],
  })
  let failed: unknown = null
  query.on('row', (row) => {
    try {
      if (failed === null) take(row)
    } catch (error) {
      failed = error
    }
  })
  query.on('end', () => {
    if (failed === null) resolve()
    else reject(failed instanceof Error ? failed : new Error('a row could not be taken'))
  })
  query.on('error', reject)
  client.query(query)
  return promise
}

interface Guard {
  began(backend: Backend): void
  wasCut(): boolean
  end(): void
}

/** Cancels on the server when the signal is aborted, and cuts a connection that has gone silent. */
function guardOf(settings: ConnectionSettings, client: pg.Client, { timeoutMs, signal }: ReadOptions): Guard {
  let backend: Backend | null = null
  let isCut = false
  let cutting: NodeJS.Timeout | undefined
  const cut = (): void => {
    isCut = true
    streamOf(client).destroy()
  }
  const silence = setTimeout(cut, timeoutMs + SILENCE_MARGIN_MS)
  const cancel = (): void => {
    cutting = setTimeout(cut, CANCEL_WAIT_MS)
    if (backend !== null) void cancelOnServer(settings, backend)
  }
  signal.addEventListener('abort', cancel, { once: true })
  return {
    began(of) {
      backend = of
      if (signal.aborted) void cancelOnServer(settings, of)
    },
    wasCut: () => isCut,
    end() {
      clearTimeout(silence)
      clearTimeout(cutting)
      signal.removeEventListener('abort', cancel)
    },
  }
}

/** A connection that nobody used for this long is given back to the server. */
const IDLE_MS = 2_000
/** As many as an audit has workers. */
const PARKED_MAX = 2

/** Connections that are opened when they are needed; the last ones wait a moment for the next call. */
export interface ChainLines {
  /** All of it is one turn of the source's load. */
  use<T>(signal: AbortSignal, work: (connection: ChainConnection) => Promise<T>): Promise<T>
  /** Between two statements: so long, and longer where the database is slower than usual. How fast a standby is nobody measures. */
  rest(pauseMs: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

interface Line {
  readonly connection: ChainConnection
  readonly room: Room
}

export function openChainLines(
  settings: ConnectionSettings,
  load: SourceLoad,
  gate: Gate | null = null,
): ChainLines {
  /** Each with its timer. The one that was used last is taken first. */
  const parked = new Map<Line, NodeJS.Timeout>()
  let closed = false
  const unpark = (line = [...parked.keys()].at(-1)): Line | null => {
    if (line === undefined || !parked.has(line)) return null
    clearTimeout(parked.get(line))
    parked.delete(line)
    line.room.busy()
    return line
  }
  const end = async ({ connection, room }: Line): Promise<void> => {
    await connection.end()
    room.free()
  }
  const park = (line: Line): void => {
    const retire = (): void => {
      const mine = unpark(line)
      if (mine !== null) void end(mine)
    }
    parked.set(line, setTimeout(retire, IDLE_MS))
    line.room.idle(retire)
  }
  const opened = async (signal: AbortSignal): Promise<Line> => {
    const open = () => connectForChains(settings, gate, signal)
    const { held, room } = await openInRoom(load, open, signal)
    return { connection: held, room }
  }
  const work = async <T>(
    signal: AbortSignal,
    use: (connection: ChainConnection) => Promise<T>,
  ): Promise<T> => {
    const line = unpark() ?? (await opened(signal))
    try {
      const result = await use(line.connection)
      if (parked.size >= PARKED_MAX || closed) await end(line)
      else park(line)
      return result
    } catch (error) {
      // Whatever state it is in: nobody else gets it.
      await end(line)
      throw error
    }
  }
  return {
    use: (signal, use) => load.turn('long', () => work(signal, use), signal),
    async rest(pauseMs, signal) {
      if (pauseMs > 0) await wait(pauseMs, undefined, { signal })
      await load.breathe(signal)
      signal.throwIfAborted()
    },
    async close() {
      closed = true
      const lines = [...parked.keys()].flatMap((line) => unpark(line) ?? [])
      await Promise.all(lines.map(end))
    },
  }
}
