import type { JournalVerdict } from '../../domain/journal.ts'
import { beginning } from '../../domain/journal-check.ts'
import type { Head, JournalFault } from '../../domain/journal-check.ts'
import { readHeads } from '../store-rows/journal-head-file.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import { checkRow, lostHeads } from '../store-rows/journal-walk.ts'
import type { Database, Queries } from './database.ts'

export const JOURNAL_COLUMNS = 'seq, at, action, operator, source, subject, detail, previous_hash, hash'

/** Entries of one page; each may name a thousand rows. */
const PAGE_ENTRIES = 200

/** How far the reading came; outlives an error. */
interface Progress {
  read: number
  head: Head
}

export interface JournalPlace {
  readonly db: Database
  readonly headFile: string
  /** The newest entry that this process has seen committed. */
  readonly newest: Head | null
  /** Entries that were noted elsewhere: the journal must hold them. */
  readonly heads: readonly Head[]
}

/**
 * Reads the whole journal in one snapshot and recomputes each hash from the stored columns. Whoever restores the database
 * from a backup, or takes its last entries away, leaves a chain that fits: only the heads that this console remembers tell.
 * Whatever goes wrong is a verdict; only an aborted signal throws.
 */
export async function verifyJournal(place: JournalPlace, signal: AbortSignal): Promise<JournalVerdict> {
  const progress: Progress = { read: 0, head: beginning }
  try {
    // Read before the snapshot begins: the journal then knows at least as much.
    const noted = readHeads(place.headFile)
    const seen = place.newest === null ? place.heads : [...place.heads, place.newest]
    const heads = noted && [...noted, ...seen]
    return await place.db.read(async (queries) => {
      const fault =
        (await checkChain(queries, progress, signal)) ?? (await checkHeads(queries, heads, progress.head))
      if (fault) return { intact: false, entries: await countEntries(queries), ...fault }
      return { intact: true, entries: progress.read, headHash: progress.head.hash, signed: null }
    })
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

async function checkChain(
  queries: Queries,
  progress: Progress,
  signal: AbortSignal,
): Promise<JournalFault | null> {
  // What stands before the first entry that may be there.
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    signal.throwIfAborted()
    const rows = await queries.all<JournalRow>(
      `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE seq > $1 ORDER BY seq LIMIT ${PAGE_ENTRIES}`,
      after,
    )
    for (const row of rows) {
      const fault = checkRow(row, progress.head)
      if (fault) return fault
      progress.head = { seq: row.seq, hash: row.hash }
      progress.read += 1
    }
    if (rows.length < PAGE_ENTRIES) return null
    after = progress.head.seq
  }
}

async function checkHeads(
  queries: Queries,
  heads: readonly Head[] | null,
  head: Head,
): Promise<JournalFault | null> {
  if (heads === null) return { brokenAt: null, finding: 'unreadable' }
  return lostHeads(await lostOf(queries, heads), head)
}

/** Of these heads, those that the journal does not hold. */
export async function lostOf(queries: Queries, heads: readonly Head[]): Promise<readonly Head[]> {
  const held = await queries.all<Head>(
    'SELECT seq, hash FROM journal WHERE seq = ANY($1::bigint[])',
    heads.map(({ seq }) => seq),
  )
  const hashAt = new Map(held.map(({ seq, hash }) => [seq, hash]))
  return heads.filter(({ seq, hash }) => hashAt.get(seq) !== hash)
}

async function countEntries(queries: Queries): Promise<number> {
  const counted = await queries.get<{ entries: number }>('SELECT count(*) AS entries FROM journal')
  return counted?.entries ?? 0
}
