import type { VerifyingKey } from '../../domain/checkpoint.ts'
import type { JournalVerdict } from '../../domain/journal.ts'
import { beginning } from '../../domain/journal-check.ts'
import type { Head, JournalFault } from '../../domain/journal-check.ts'
import { readHeads } from '../store-rows/journal-head-file.ts'
import { JOURNAL_COLUMNS } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import { checkRow, lostHeads } from '../store-rows/journal-walk.ts'
import { readCheckpoints } from './checkpoint-file.ts'
import { breathe, openForReading } from './database.ts'
import type { Sqlite } from './database.ts'
import { sealIsBroken } from './seal.ts'
import { checkSignatures } from './verify-signatures.ts'

/** Text read and hashed before other work of the process gets its turn. */
const SLICE_CHARS = 256 * 1024
/** What a row weighs besides its detail. */
const ROW_CHARS = 300

/** How far the reading came; outlives an error. */
interface Progress {
  read: number
  head: Head
}

export interface JournalPlace {
  readonly path: string
  readonly headFile: string
  readonly checkpointFile: string
}

/** What the one who verifies knows besides. */
export interface Known {
  /** Who may have signed. */
  readonly keys: readonly VerifyingKey[]
  /** Entries that were noted elsewhere: the journal must hold them. */
  readonly heads: readonly Head[]
}

/**
 * Reads the file as it is on disk, on a connection of its own and in one snapshot, so that neither a cache nor a
 * writer is in the way. Recomputes each hash from the stored columns, then lets SQLite check the pages and the indexes
 * by which entries are found. Whatever goes wrong is a verdict; only an aborted signal throws.
 */
export async function verifyJournal(
  place: JournalPlace,
  known: Known,
  signal: AbortSignal,
): Promise<JournalVerdict> {
  const progress: Progress = { read: 0, head: beginning }
  try {
    // Read before the snapshot begins: the journal then knows at least as much.
    const heads = readHeads(place.headFile)
    const checkpoints = readCheckpoints(place.checkpointFile)
    const db = openForReading(place.path)
    try {
      const fault =
        (await checkChain(db, progress, signal)) ??
        checkHeads(db, heads && [...heads, ...known.heads], progress.head)
      if (fault) return { intact: false, entries: countEntries(db) ?? progress.read, ...fault }
      const structure = (await checkStructure(db, signal)) ?? (await checkSeal(place.path, signal))
      if (structure) return { intact: false, entries: progress.read, ...structure }
      const signed = checkSignatures(db, { checkpoints, keys: known.keys }, progress.head)
      if (signed !== null && 'finding' in signed) return { intact: false, entries: progress.read, ...signed }
      return { intact: true, entries: progress.read, headHash: progress.head.hash, signed }
    } finally {
      db.close()
    }
  } catch (error) {
    if (signal.aborted) throw error
    return {
      intact: false,
      entries: progress.read,
      brokenAt: progress.head.seq + 1,
      finding: 'unreadable',
    }
  }
}

async function checkChain(db: Sqlite, progress: Progress, signal: AbortSignal): Promise<JournalFault | null> {
  db.exec('BEGIN')
  const rows = db.prepare<[], JournalRow>(`SELECT ${JOURNAL_COLUMNS} FROM journal ORDER BY seq`)
  let slice = 0
  for (const row of rows.iterate()) {
    const fault = checkRow(row, progress.head)
    if (fault) return fault
    progress.head = { seq: row.seq, hash: row.hash }
    progress.read += 1
    slice += row.detail.length + ROW_CHARS
    if (slice < SLICE_CHARS) continue
    slice = 0
    await breathe()
    signal.throwIfAborted()
  }
  return null
}

function checkHeads(db: Sqlite, heads: readonly Head[] | null, head: Head): JournalFault | null {
  if (heads === null) return { brokenAt: null, finding: 'unreadable' }
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')
  return lostHeads(
    heads.filter((known) => hashAt.get(known.seq)?.hash !== known.hash),
    head,
  )
}

async function checkStructure(db: Sqlite, signal: AbortSignal): Promise<JournalFault | null> {
  const tables = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
  for (const { name } of tables) {
    // Of the journal also what its indexes say: lists are read through them.
    const check = name === 'journal' ? 'integrity_check' : 'quick_check'
    const findings = db.pragma(`${check}('${name.replaceAll("'", "''")}')`) as Record<string, string>[]
    if (findings.some((finding) => finding[check] !== 'ok')) return { brokenAt: null, finding: 'unreadable' }
    await breathe()
    signal.throwIfAborted()
  }
  return null
}

async function checkSeal(path: string, signal: AbortSignal): Promise<JournalFault | null> {
  return (await sealIsBroken(path, signal)) ? { brokenAt: null, finding: 'changed' } : null
}

function countEntries(db: Sqlite): number | null {
  try {
    return (
      db.prepare<[], { entries: number }>('SELECT count(*) AS entries FROM journal').get()?.entries ?? null
    )
  } catch {
    return null
  }
}
