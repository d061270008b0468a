import type { Connection, RowDataPacket } from 'mysql2/promise'
import { RedriveError } from '../../domain/errors.ts'
import { openConnection } from './connection.ts'
import type { ConnectionSettings } from './connection.ts'

/** SKIP LOCKED and JSON_TABLE came with these. */
const VERSION_MIN: Readonly<Record<Server['product'], readonly [number, number]>> = {
  MySQL: [8, 0],
  MariaDB: [10, 6],
}
/** A row lock, or that of a table being altered, is waited for this long, then the row is tried later. Seconds. */
export const LOCK_TIMEOUT_SEC = 2
/** Nothing of Redrive's sits in an open transaction; this is for a process that freezes within one. Seconds. */
const IDLE_IN_TRANSACTION_TIMEOUT_SEC = 10

/**
 * Where a mapping means the same on each server: times are UTC, a value that does not fit is an error, quotes are texts,
 * and a date of zeros is what it is.
 */
const MODES = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

/** Logs in and sets the session. Rejects with the driver's error, or `query-failed` for a server that is too old. */
export async function openHeld(settings: ConnectionSettings, mode: 'read' | 'write'): Promise<Held> {
  const connection = await openConnection(settings)
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      'select version() as version, connection_id() as id',
    )
    const server = serverOf(String(rows[0]?.['version'] ?? ''))
    requireVersion(server)
    await connection.query(settingsOf(server))
    await connection.query(
      `set session transaction isolation level read committed, ${mode === 'read' ? 'read only' : 'read write'}`,
    )
    const held: Held = {
      connection,
      threadId: Number(rows[0]?.['id'] ?? 0),
      server,
      limitMs: null,
      dead: false,
    }
    streamOf(connection).once('close', () => {
      held.dead = true
    })
    return held
  } catch (error) {
    connection.destroy()
    throw error
  }
}

function settingsOf({ product }: Server): string {
  const settings = [
    `time_zone = '+00:00'`,
    `sql_mode = '${MODES}'`,
    `innodb_lock_wait_timeout = ${LOCK_TIMEOUT_SEC}`,
    `lock_wait_timeout = ${LOCK_TIMEOUT_SEC}`,
    'autocommit = 1',
    ...(product === 'MariaDB' ? [`idle_transaction_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_SEC}`] : []),
  ]
  return `set ${settings.map((one) => `session ${one}`).join(', ')}`
}

/** MariaDB behind an old replication protocol writes 5.5.5- before its version. */
function serverOf(text: string): Server {
  const product = /mariadb/i.test(text) ? 'MariaDB' : 'MySQL'
  return { product, version: text.replace(/^5\.5\.5-/, '') }
}

function requireVersion({ product, version }: Server): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [least, then] = VERSION_MIN[product]
  if (major > least || (major === least && minor >= then)) return
  throw new RedriveError('query-failed', 'never', {
    reason: `this is ${product} ${version}; Redrive needs MySQL 8.0 or MariaDB 10.6, which can pass over locked rows`,
  })
}

/** One connection and what is known of it. */
export interface Held {
  readonly connection: Connection
  readonly threadId: number
  readonly server: Server
  /** Limit of a statement as it was last told to the server, in milliseconds; null: none. */
  limitMs: number | null
  /** Its socket is gone. */
  dead: boolean
}

export interface Server {
  readonly product: 'MySQL' | 'MariaDB'
  readonly version: string
}

interface Stream {
  once(event: 'close', listener: () => void): void
  destroy(error?: Error): void
}

/** The driver's types keep it to themselves. */
export function streamOf(connection: Connection): Stream {
  return (connection as unknown as { connection: { stream: Stream } }).connection.stream
}
