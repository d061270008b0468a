import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { RedriveError } from '../../domain/errors.ts'
import type { Retry } from '../../domain/errors.ts'
import { migrations } from './migrations.ts'
import { openSeal } from './seal.ts'

export type Sqlite = Database.Database

/** "RDRV": tells a store from any other SQLite file. */
const APPLICATION_ID = 0x52445256
/** How long a statement waits for another process to finish its transaction. */
const BUSY_TIMEOUT_MS = 5_000
/** The write-ahead log is cut back to this size after a checkpoint. */
const WAL_BYTES_MAX = 64 * 1024 * 1024

const LATER = /^SQLITE_(BUSY|LOCKED|FULL|NOMEM)/
const UNKNOWN_EFFECT = /^SQLITE_IOERR/

function retryOf(error: unknown): Retry {
  const code = error instanceof Database.SqliteError ? error.code : ''
  if (LATER.test(code)) return 'later'
  // A commit that failed on the disk may be there after all.
  return UNKNOWN_EFFECT.test(code) ? 'unknown-effect' : 'never'
}

/** Every error that is not one of ours is the store's. */
export function classify(error: unknown, path: string): RedriveError {
  if (error instanceof RedriveError) return error
  const problem = error instanceof Error ? error.message : String(error)
  return new RedriveError('store-failed', retryOf(error), { path, problem }, { cause: error })
}

/** Opens the file or creates it, private to this user, and brings it to the newest schema. */
export function openDatabase(path: string, steps: readonly string[] = migrations): Sqlite {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    try {
      db.pragma('journal_mode = WAL')
      db.pragma('synchronous = FULL')
      db.pragma('foreign_keys = ON')
      // No stale copy of an entry stays in a page's free space, where nothing would tell it from the real one.
      db.pragma('secure_delete = ON')
      db.pragma(`journal_size_limit = ${WAL_BYTES_MAX}`)
      migrate(db, path, steps)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    throw classify(error, path)
  }
}

/** Looks at the file as it is on disk, past every cache of this process. Writes nothing. */
export function openForReading(path: string): Sqlite {
  return new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
}

function migrate(db: Sqlite, path: string, steps: readonly string[]): void {
  const version = (): number => db.pragma('user_version', { simple: true }) as number
  if (version() > steps.length) {
    throw new RedriveError('store-newer', 'never', { path, version: version(), known: steps.length })
  }
  if (version() === steps.length) return
  // The version is read again inside: another process may have been faster.
  const upgrade = db.transaction(() => {
    const done = version()
    openSeal(path).lift()
    if (done === 0) adopt(db, path)
    for (const step of steps.slice(done)) db.exec(step)
    db.pragma(`user_version = ${steps.length}`)
  })
  upgrade.immediate()
}

function adopt(db: Sqlite, path: string): void {
  const { tables } = db
    .prepare<[], { tables: number }>('SELECT count(*) AS tables FROM sqlite_schema')
    .get() ?? {
    tables: 0,
  }
  if (tables > 0) {
    throw new RedriveError('store-failed', 'never', { path, problem: 'another program made this file' })
  }
  db.pragma(`application_id = ${APPLICATION_ID}`)
}

/** Lets other work of the process run between two slices of a long one. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
