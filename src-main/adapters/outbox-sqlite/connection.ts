import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { RedriveError } from '../../domain/errors.ts'
import type { FileAddress } from './address.ts'
import { classify } from './classify.ts'
import { defineFunctions } from './functions.ts'
import type { Deadline } from './functions.ts'

export interface Connection {
  readonly db: Database.Database
  readonly deadline: Deadline
  /** Which file it has open: another one may have been put in its place. */
  readonly file: string
}

/** Never creates a file, never changes its journal mode. Throws RedriveError. */
export function openConnection({ path, database }: FileAddress, mode: 'read' | 'write'): Connection {
  const detail = { server: path, path, database, user: '' }
  const file = fileOf(path)
  if (file === null)
    throw new RedriveError('database-unknown', 'never', { ...detail, reason: 'no such file' })
  if (mode === 'write' && !mayWrite(path))
    throw new RedriveError('permission-denied', 'never', {
      ...detail,
      reason: 'the file and its folder have to be writable: a journal stands beside the file',
    })
  const deadline = { atMs: Number.POSITIVE_INFINITY }
  try {
    // A statement that meets a lock is tried again from outside: waiting within it would stop the whole engine.
    const db = new Database(path, { readonly: mode === 'read', fileMustExist: true, timeout: 0 })
    defineFunctions(db, deadline)
    db.pragma('trusted_schema = OFF')
    if (mode === 'read') db.pragma('query_only = ON')
    // Of this connection only: a claim is on the disk before its message is sent.
    else db.pragma('synchronous = FULL')
    return { db, deadline, file }
  } catch (error) {
    throw classify(error, { during: 'connect', detail })
  }
}

export function fileOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return null
  }
}

export function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    accessSync(dirname(path), constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * A file with a write-ahead log is read with the help of a -shm file beside it. In a folder that cannot be written to
 * nobody can make one, and the library only says that it cannot open the file. Null: that is not the reason.
 */
export function missingHelper(path: string): string | null {
  if (mayWrite(path) || existsSync(`${path}-shm`)) return null
  return (
    'the file keeps a write-ahead log, which is read with a -shm file beside it: the folder has to be writable, or a ' +
    'service has to have the file open'
  )
}
