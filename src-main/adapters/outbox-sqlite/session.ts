import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import type { ErrorDetail } from '../../domain/errors.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ChangeSession, Transaction } from '../outbox-sql/change-parts.ts'
import type { Row, SqlValue, Statement } from '../outbox-sql/statement.ts'
import type { FileAddress } from './address.ts'
import { classify, codeOf } from './classify.ts'
import type { Circumstances } from './classify.ts'
import { fileOf, missingHelper, openConnection } from './connection.ts'
import type { Connection } from './connection.ts'

/** How long a statement waits for another process to end its transaction. */
const BUSY_WAIT_MS_MAX = 5_000
const BUSY_PAUSE_MS = 15
/** Longest time of one statement of a transaction that writes. */
const WRITE_TIMEOUT_MS = 5_000
const BUSY = /^SQLITE_(BUSY|LOCKED)/

export interface Session extends ChangeSession {
  readonly path: string
  /** Grows with each change of the tables, and with each connection that ended. */
  lost(): number
  close(): Promise<void>
}

/**
 * One connection that only reads, and from the first write on one that writes. The library is synchronous: each statement
 * holds up the engine for as long as it takes, which is why everything is asked in small slices, and why nothing waits for
 * a lock within a statement.
 */
export function openSession(address: FileAddress): Session {
  const { path, database } = address
  const detail: ErrorDetail = { server: path, path, database }
  let ended = 0
  const held: Partial<Record<'read' | 'write', Connection>> = {}
  const connection = (mode: 'read' | 'write'): Connection => {
    const known = held[mode]
    if (known !== undefined && known.file === fileOf(path)) return known
    if (known !== undefined) ended += 1
    known?.db.close()
    delete held[mode]
    const opened = openConnection(address, mode)
    held[mode] = opened
    return opened
  }
  let schema = 0
  let turn: Promise<unknown> = Promise.resolve()
  const change = <Result>(
    work: (transaction: Transaction) => Promise<Result>,
    ending: 'commit' | 'rollback',
    signal: AbortSignal,
  ): Promise<Result> => {
    const mine = turn.then(() => changing({ connection, detail }, { work, ending }, signal))
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    path,
    async read(statement, timeoutMs, signal) {
      // Others of the engine get their turn between two slices.
      await setImmediate()
      return patiently({ detail, during: 'read' }, signal, () => {
        const { db, deadline } = connection('read')
        deadline.atMs = performance.now() + timeoutMs
        return execute(db, statement).rows
      })
    },
    write: (work, signal) => change(work, 'commit', signal),
    rehearse: (work, signal) => change(work, 'rollback', signal),
    lost() {
      try {
        schema = Number(connection('read').db.pragma('schema_version', { simple: true }))
      } catch {
        // Locked or gone: the next statement says so.
      }
      return ended * 1_000_000_000 + schema
    },
    async close() {
      await turn
      held.read?.db.close()
      held.write?.db.close()
    },
  }
}

interface Context {
  readonly connection: (mode: 'read' | 'write') => Connection
  readonly detail: ErrorDetail
}

interface Change<Result> {
  readonly work: (transaction: Transaction) => Promise<Result>
  readonly ending: 'commit' | 'rollback'
}

async function changing<Result>(
  { connection, detail }: Context,
  { work, ending }: Change<Result>,
  signal: AbortSignal,
): Promise<Result> {
  await setImmediate()
  const { db, deadline } = await patiently({ detail, during: 'write' }, signal, () => {
    const opened = connection('write')
    opened.db.exec('begin immediate')
    return opened
  })
  try {
    const result = await work({
      run: (statement) => {
        deadline.atMs = performance.now() + WRITE_TIMEOUT_MS
        return Promise.resolve(execute(db, statement))
      },
    })
    if (signal.aborted) throw new RedriveError('cancelled', 'later')
    if (ending === 'rollback') db.exec('rollback')
    // A reader may hold up the end where there is no write-ahead log: the transaction stays as it is, and is ended again.
    else await patiently({ detail, during: 'commit' }, null, () => db.exec('commit'))
    return result
  } catch (error) {
    if (db.inTransaction) db.exec('rollback')
    throw classify(error, { during: 'write', detail })
  }
}

/** Tries again while somebody else holds the file. Throws RedriveError `query-timeout`, `later`, where that takes too long. */
async function patiently<Result>(
  circumstances: Circumstances,
  signal: AbortSignal | null,
  once: () => Result,
): Promise<Result> {
  const startedAt = performance.now()
  for (;;) {
    if (signal?.aborted === true) throw new RedriveError('cancelled', 'later')
    try {
      return once()
    } catch (error) {
      const left = BUSY_WAIT_MS_MAX - (performance.now() - startedAt)
      if (!BUSY.test(codeOf(error))) throw classify(explained(error, circumstances), circumstances)
      if (left <= 0) throw stillLocked(error, circumstances)
    }
    await sleep(BUSY_PAUSE_MS)
  }
}

function stillLocked(error: unknown, { detail, during }: Circumstances): RedriveError {
  const reason = `another process has held the file for more than ${BUSY_WAIT_MS_MAX / 1_000} seconds`
  return new RedriveError('query-timeout', 'later', { ...detail, reason, during }, { cause: error })
}

function explained(error: unknown, { detail }: Circumstances): unknown {
  const path = typeof detail['path'] === 'string' ? detail['path'] : ''
  if (!/^SQLITE_(CANTOPEN|READONLY_(CANTINIT|DIRECTORY|RECOVERY))/.test(codeOf(error))) return error
  const reason = missingHelper(path)
  if (reason === null) return error
  return new RedriveError('permission-denied', 'never', { ...detail, reason }, { cause: error })
}

function execute(
  db: Database.Database,
  { text, values }: Statement,
): { readonly rows: readonly Row[]; readonly matched: number } {
  const statement = db.prepare<[Readonly<Record<string, SqlValue>>], Readonly<Record<string, unknown>>>(text)
  const bound = Object.fromEntries(values.map((value, place) => [`p${place + 1}`, value]))
  if (!statement.reader) return { rows: [], matched: statement.run(bound).changes }
  return { rows: statement.safeIntegers().all(bound).map(textRow), matched: 0 }
}

/** Every cell as a text; bytes as hexadecimal digits. */
function textRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, textOf(cell)]))
}

function textOf(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null
  if (typeof cell === 'string') return cell
  if (Buffer.isBuffer(cell)) return cell.toString('hex')
  return typeof cell === 'number' || typeof cell === 'bigint' ? String(cell) : JSON.stringify(cell)
}
