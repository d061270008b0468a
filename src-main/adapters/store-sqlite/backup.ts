import { copyFileSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { RedriveError } from '../../domain/errors.ts'
import type { VerifyingKey } from '../../domain/checkpoint.ts'
import type { Head } from '../../domain/journal-check.ts'
import type { JournalVerdict } from '../../domain/journal.ts'
import { classify, openForReading } from './database.ts'
import { verifyJournal } from './verify-journal.ts'

/** All that is left: in one step, a console that writes meanwhile cannot make the copy begin anew. */
const PAGES_AT_ONCE = 2 ** 31 - 1
/** Files beside the store that speak of just this one. */
const COMPANIONS = ['', '-wal', '-shm', '.seal', '.seal-broken', '.journal-head', '.journal-checkpoints']

/** A whole copy of the store as it is at one moment, also while consoles work on it. Throws RedriveError `store-failed`. */
export async function copyStore(path: string, copy: string): Promise<void> {
  if (!existsSync(path))
    throw new RedriveError('store-failed', 'never', { path, problem: 'there is no such file' })
  closeSync(openSync(copy, 'wx', 0o600))
  try {
    const db = openForReading(path)
    try {
      await db.backup(copy, { progress: () => PAGES_AT_ONCE })
    } finally {
      db.close()
    }
  } catch (error) {
    throw classify(error, path)
  }
}

/** Null: nothing is written in its journal. Throws RedriveError `store-failed`: what cannot be read has no head that could be signed. */
export function headOfStore(path: string): Head | null {
  try {
    const db = openForReading(path)
    try {
      return db.prepare<[], Head>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1').get() ?? null
    } finally {
      db.close()
    }
  } catch (error) {
    throw classify(error, path)
  }
}

/** Of a store that is replaced, often because it is damaged or gone: null where it says nothing any more. */
export function headOfReplaced(path: string): Head | null {
  try {
    return headOfStore(path)
  } catch {
    return null
  }
}

/** The journal of a copy, which has nothing beside it. */
export function verifyCopy(
  path: string,
  known: { readonly keys: readonly VerifyingKey[]; readonly heads: readonly Head[] },
  signal: AbortSignal,
): Promise<JournalVerdict> {
  const place = { path, headFile: `${path}.journal-head`, checkpointFile: `${path}.journal-checkpoints` }
  return verifyJournal(place, known, signal)
}

/**
 * Puts `next` in the place of the store, and what was there aside under `aside`, with all that stands beside it. Throws
 * `store-in-use` while another process has the store open.
 */
export function replaceStore(path: string, next: string, aside: string): void {
  // SQLite throws the log of a file away that it cannot read; what was written down last may stand only there.
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${aside}-wal`)
  let alone: Database.Database | null = null
  try {
    alone = existsSync(path) ? holdAlone(path) : null
  } catch (error) {
    rmSync(`${aside}-wal`, { force: true })
    throw error
  }
  const isWhole = alone !== null
  // Its log is empty now and its last words are in the file. A system that renames no open file lets go of it first.
  if (process.platform === 'win32') alone?.close()
  try {
    for (const end of COMPANIONS) if (existsSync(path + end)) renameSync(path + end, aside + end)
    for (const end of COMPANIONS) if (existsSync(next + end)) renameSync(next + end, path + end)
  } finally {
    alone?.close()
    if (isWhole) for (const end of ['-wal', '-shm']) rmSync(aside + end, { force: true })
  }
}

/**
 * Every process that has the store open holds a shared lock on it: nobody else does while this succeeds. Null: what is there is no
 * store any more, which is why people restore.
 */
function holdAlone(path: string): Database.Database | null {
  const db = new Database(path, { fileMustExist: true, timeout: 0 })
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
    // Leaving the log behind is possible for the last connection only, and keeps others out until it is closed.
    db.pragma('locking_mode = EXCLUSIVE')
    if (db.pragma('journal_mode = DELETE', { simple: true }) !== 'delete') throw inUse(path)
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    const code = error instanceof Database.SqliteError ? error.code : ''
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) throw inUse(path, error)
    if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) return null
    throw classify(error, path)
  }
}

function inUse(path: string, cause?: unknown): RedriveError {
  return new RedriveError('store-in-use', 'later', { path }, { cause })
}
