import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { RedriveError } from '../../domain/errors.ts'
import type { Retry } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import { migrations } from './migrations.ts'
import { openSeal } from './seal.ts'

export type Sqlite = Database.Database

/** "RDRV": tells a store from any other SQLite file. */
const APPLICATION_ID = 0x52445256
/** How long a statement waits for another process to finish its transaction. */
const BUSY_TIMEOUT_MS = 5_000
/** Pages kept in memory; the driver's own 16 MB would be a tenth of what the engine holds, and the system keeps the file anyway. */
const PAGE_CACHE_KIB = 2 * 1_024
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
      db.pragma(`cache_size = -${PAGE_CACHE_KIB}`)
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

/** A store that can be looked at and not written. */
export interface Looking {
  readonly db: Sqlite
  /** The file that is read: the store's own, or a copy of it. */
  readonly path: string
  /** What every change is refused with. */
  readonly refusal: RedriveError
  /** Removes the copy. */
  readonly leave: () => void
}

/** So much is copied to look at it. */
const COPIED_BYTES_MAX = 1024 * 1024 * 1024

/**
 * Where `cause` kept the store from being opened: opens it to look at, or throws `cause` where that makes no sense. SQLite
 * reads a file with a write-ahead log only where it can keep an index beside it; on a disk that takes nothing it is read
 * from a copy in the system's folder for such things.
 */
export function openToLook(path: string, cause: RedriveError): Looking {
  const refusal = cause.code === 'store-newer' ? cause : readOnly(path, cause)
  if (refusal === null || !existsSync(path)) throw cause
  try {
    return { db: checked(openForReading(path)), path, refusal, leave: () => undefined }
  } catch {
    return copied(path, { cause, refusal })
  }
}

function copied(
  path: string,
  { cause, refusal }: { readonly cause: RedriveError; readonly refusal: RedriveError },
): Looking {
  let folder: string | null = null
  const leave = (): void => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
  }
  try {
    if (statSync(path).size > COPIED_BYTES_MAX) throw cause
    folder = mkdtempSync(join(tmpdir(), 'redrive-look-'))
    const copy = join(folder, basename(path))
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end)
    return { db: checked(openForReading(copy)), path: copy, refusal, leave }
  } catch {
    leave()
    throw cause
  }
}

/** Null where it is not the disk that says no: damage is not looked past. */
function readOnly(path: string, cause: RedriveError): RedriveError | null {
  const { code = '' } = (cause.cause ?? {}) as { readonly code?: string }
  if (!/^(EROFS|EACCES|EPERM|ENOSPC|EDQUOT|SQLITE_(READONLY|CANTOPEN|FULL|IOERR))/.test(code)) return null
  const problem = plain(cause.detail['problem'] ?? code)
  return new RedriveError('store-read-only', 'later', { path, problem }, { cause })
}

function checked(db: Sqlite): Sqlite {
  try {
    db.prepare('SELECT count(*) FROM journal').get()
    return db
  } catch (error) {
    db.close()
    throw error
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
  keepCopy(db, path, version())
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

/**
 * The store as it was before a later Redrive changes it, for whoever has to go back. Where it cannot be kept nothing is
 * changed: what there is can still be looked at.
 */
function keepCopy(db: Sqlite, path: string, version: number): void {
  const copy = `${path}.v${version}`
  if (version === 0 || existsSync(copy)) return
  const next = `${copy}.${process.pid}.new`
  try {
    rmSync(next, { force: true })
    // A file that is there and empty keeps its mode: this user's alone.
    closeSync(openSync(next, 'wx', 0o600))
    db.prepare('VACUUM INTO ?').run(next)
    renameSync(next, copy)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
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
