import { canonical } from '../../domain/digest.ts'
import { requireWithin } from '../../domain/deed-of.ts'
import type { Ceiling } from '../../domain/deed.ts'
import { nextEntry } from '../../domain/journal.ts'
import type { JournalDraft, JournalEntry } from '../../domain/journal.ts'
import { noteHead, readHeads } from '../store-rows/journal-head-file.ts'
import type { Head } from '../../domain/journal-check.ts'
import { entryOf, JOURNAL_COLUMNS, wellFormed } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import { classify, isPassing, undecided } from './classify.ts'
import { CommitLost } from './database.ts'
import type { Queries } from './database.ts'
import { requireKnown } from './schema.ts'
import type { LedgerOptions, Scope } from './scope.ts'

/** A server that is away, restarts or fails over is waited for so long; a job does not notice it then. */
const PATIENCE_MS = 15_000
/**
 * How long it may take to find out whether a lost COMMIT was carried out. Longer than the server lets a transaction stand
 * idle whose console is gone.
 */
const DECIDE_MS_MAX = 20_000
const PAUSE_MS = 250
const NEVER = new AbortController().signal

export const NOW = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

export interface Place extends LedgerOptions {
  /** Names this opening of the store. */
  readonly writer: string
}

interface Written<T> {
  readonly result: T
  /** The journal's, after it. */
  readonly head: Head | null
}

/** Does again what says that it may succeed in a moment, as long as there is patience. */
export async function patiently<T>({ clock, store }: Place, work: () => Promise<T>): Promise<T> {
  const giveUpMs = clock.now().getTime() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const cause = error instanceof CommitLost ? error.cause : error
      if (!isPassing(cause) || clock.now().getTime() >= giveUpMs) throw classify(cause, store)
      await clock.sleep(PAUSE_MS, NEVER)
    }
  }
}

/** One transaction under the lock, once: where the connection is lost in COMMIT, it is found out what came of it. */
export function write<T>(
  place: Place,
  number: () => number,
  work: (scope: Scope) => Promise<T>,
): Promise<Written<T>> {
  return patiently(place, async () => {
    const mark = number()
    try {
      return await once(place, mark, work)
    } catch (error) {
      if (error instanceof CommitLost && (await wasWritten(place, mark, error.cause))) {
        return error.result as Written<T>
      }
      throw error
    }
  })
}

/** The same without patience. */
export function once<T>(place: Place, mark: number, work: (scope: Scope) => Promise<T>): Promise<Written<T>> {
  return place.db.write(async (queries) => {
    const { at, head } = await begin(place, queries, mark)
    const entries: JournalEntry[] = []
    const limited: { readonly entry: JournalEntry; readonly ceilings: readonly Ceiling[] }[] = []
    const record = (draft: JournalDraft): JournalEntry => {
      const entry = nextEntry(wellFormed(draft), at, entries.at(-1) ?? head)
      if (draft.within !== undefined && draft.within.length > 0) {
        limited.push({ entry, ceilings: draft.within })
      }
      entries.push(entry)
      return entry
    }
    const result = await work({ ...queries, at, record })
    for (const { entry, ceilings } of limited) {
      const written = await entriesAfter(queries, Math.min(...ceilings.map(({ upTo }) => upTo)))
      requireWithin(entry, ceilings, [...written, ...entries.filter(({ seq }) => seq < entry.seq)])
    }
    if (entries.length > 0) await insertEntries(queries, entries)
    return { result, head: entries.at(-1) ?? head }
  })
}

interface Begun {
  readonly at: string
  readonly head: Head | null
}

/** Takes the lock, tells the head and writes down which write this is: all in one round trip. */
async function begin({ store, headFile, writer }: Place, queries: Queries, mark: number): Promise<Begun> {
  // What cannot be read stays as it is: it is evidence.
  const noted = quietly(() => readHeads(headFile))
  const [known, now] = await Promise.all([
    queries.get<{ version: number }>('SELECT version FROM store FOR UPDATE'),
    // Its snapshot is taken after the lock.
    queries.get<{ at: string; seq: number | null; hash: string | null; held: string | null }>(
      `SELECT ${NOW} AS at, j.seq, j.hash, (SELECT hash FROM journal WHERE seq = $1) AS held
       FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1) j ON true`,
      noted?.[0]?.seq ?? 0,
    ),
    queries.run(
      `INSERT INTO writers (writer, write, begun_at) VALUES ($1, $2, ${NOW})
       ON CONFLICT (writer) DO UPDATE SET write = excluded.write`,
      writer,
      mark,
    ),
  ])
  requireKnown(store, known?.version ?? 0)
  const { at = '', seq = null, hash = null, held = null } = now ?? {}
  const head = seq === null || hash === null ? null : { seq, hash }
  // Under the lock nobody is between a commit and a note, so the note is never set back. One that fails catches up later.
  if (noted !== null) quietly(() => noteHead(headFile, { noted, head, held }))
  return { at, head }
}

/** The lock is the lost transaction's until the server has ended it, one way or the other: then its mark is there or not. */
async function wasWritten(
  { db, clock, store, writer }: Place,
  mark: number,
  lost: unknown,
): Promise<boolean> {
  const giveUpMs = clock.now().getTime() + DECIDE_MS_MAX
  for (;;) {
    try {
      return await db.aside(async (queries) => {
        await queries.run('SELECT 1 FROM store FOR UPDATE')
        const found = await queries.get<{ write: number }>(
          'SELECT write FROM writers WHERE writer = $1',
          writer,
        )
        return found?.write === mark
      })
    } catch {
      if (clock.now().getTime() >= giveUpMs) throw undecided(store, lost)
      await clock.sleep(PAUSE_MS, NEVER)
    }
  }
}

async function entriesAfter(queries: Queries, seq: number): Promise<readonly JournalEntry[]> {
  const rows = await queries.all<JournalRow>(
    `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE seq > $1 ORDER BY seq`,
    seq,
  )
  return rows.map(entryOf)
}

async function insertEntries(queries: Queries, entries: readonly JournalEntry[]): Promise<void> {
  await queries.run(
    `INSERT INTO journal (seq, at, action, operator, source, subject, detail, previous_hash, hash)
     SELECT seq, at, action, operator, source, subject, detail, previous_hash, hash FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::text[], $9::text[]) WITH ORDINALITY AS e(seq, at, action, operator, source, subject, detail, previous_hash,
       hash, place) ORDER BY place`,
    entries.map(({ seq }) => seq),
    entries.map(({ at }) => at),
    entries.map(({ action }) => action),
    entries.map(({ operator }) => operator),
    entries.map(({ source }) => source),
    entries.map(({ subject }) => subject),
    entries.map(({ detail }) => canonical(detail)),
    entries.map(({ previousHash }) => previousHash),
    entries.map(({ hash }) => hash),
  )
}

/** Null where it throws. */
function quietly<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}
