import { canonical } from '../../domain/digest.ts'
import { RedriveError } from '../../domain/errors.ts'
import { requireWithin } from '../../domain/deed-of.ts'
import type { Ceiling } from '../../domain/deed.ts'
import { nextEntry } from '../../domain/journal.ts'
import type { JournalDraft, JournalEntry } from '../../domain/journal.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Checkpoints } from './checkpoints.ts'
import { classify } from './database.ts'
import type { Sqlite } from './database.ts'
import type { Head } from '../../domain/journal-check.ts'
import { noteHead, readHeads } from '../store-rows/journal-head-file.ts'
import { entryOf, JOURNAL_COLUMNS, wellFormed } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Seal } from './seal.ts'

/** What a transaction may use: its time, and the journal. */
export interface Scope {
  readonly at: string
  readonly record: (draft: JournalDraft) => JournalEntry
}

/** The only way to change the store. */
export interface Ledger {
  /**
   * One IMMEDIATE transaction; on disk when it returns, nothing of it where it throws. What it records is refused while
   * the clock is behind the last entry: the journal would no longer tell what came first. Unless that has been `seen`.
   */
  transact<T>(work: (scope: Scope) => T, clockSeen?: 'seen'): T
  /** Reads; turns whatever goes wrong into a RedriveError. */
  look<T>(work: () => T): T
  /** ISO-8601. */
  now(): string
}

export interface LedgerOptions {
  readonly db: Sqlite
  readonly path: string
  readonly headFile: string
  readonly seal: Seal
  readonly checkpoints: Checkpoints
  readonly clock: Clock
  /** Set where the store can only be looked at. */
  readonly refusal: RedriveError | null
}

/** A clock is set right by so much at a time without anybody's doing. */
const CLOCK_BACK_MS_MAX = 60_000

export function openLedger(options: LedgerOptions): Ledger {
  const { db, path, headFile, seal, checkpoints, clock, refusal } = options
  const headOf = db.prepare<[], Head>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
  const requireClock = openClockCheck(db, path)
  const requireRoom = openRoomCheck(db)
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')
  const insert = db.prepare<JournalRow>(
    `INSERT INTO journal (seq, at, action, operator, source, subject, detail, previous_hash, hash)
     VALUES (@seq, @at, @action, @operator, @source, @subject, @detail, @previousHash, @hash)`,
  )

  function record(draft: JournalDraft, at: string): JournalEntry {
    const entry = nextEntry(wellFormed(draft), at, headOf.get() ?? null)
    requireRoom(entry, draft.within ?? [])
    insert.run({ ...entry, detail: canonical(entry.detail) })
    return entry
  }

  /** Under the write lock no other process is between its commit and its note, so the note is never set back. */
  const note = db.transaction(() => {
    const head = headOf.get()
    const noted = readHeads(headFile)
    // What cannot be read stays as it is: it is evidence.
    if (noted === null) return
    const [last] = noted
    const held = last === undefined ? null : (hashAt.get(last.seq)?.hash ?? null)
    noteHead(headFile, { noted, head: head ?? null, held })
  })

  function keepNote(): void {
    try {
      note.immediate()
    } catch {
      // The entry is committed; saying otherwise because its note failed would be the worse lie. The next one catches up.
    }
  }

  if (refusal === null) keepNote()
  return {
    transact(work, clockSeen) {
      if (refusal !== null) throw refusal
      try {
        let recorded: JournalEntry | null = null
        const at = clock.now().toISOString()
        const run = db.transaction(() => {
          seal.lift()
          recorded = null
          const before = headOf.get() ?? null
          const write = (draft: JournalDraft): JournalEntry => {
            if (clockSeen === undefined && recorded === null) requireClock(at)
            return (recorded = record(draft, at))
          }
          const result = work({ at, record: write })
          if (recorded !== null) checkpoints.cover(recorded, before, at)
          return result
        })
        const result = run.immediate()
        if (recorded !== null) keepNote()
        checkpoints.note()
        return result
      } catch (error) {
        checkpoints.forget()
        throw classify(error, path)
      }
    },
    now: () => clock.now().toISOString(),
    look(work) {
      try {
        return work()
      } catch (error) {
        throw classify(error, path)
      }
    },
  }
}

/** Throws `clock-went-back` where the last entry was written later than now. */
function openClockCheck(db: Sqlite, path: string): (now: string) => void {
  const lastAt = db.prepare<[], { at: string }>('SELECT at FROM journal ORDER BY seq DESC LIMIT 1')
  return (now) => {
    const last = lastAt.get()?.at
    if (last === undefined || Date.parse(last) - Date.parse(now) <= CLOCK_BACK_MS_MAX) return
    const problem = `it says ${now}, and the last entry of the journal was written at ${last}`
    throw new RedriveError('clock-went-back', 'later', { path, problem })
  }
}

/** Throws where an entry does not fit under its ceilings, with all that was written since they were reckoned. */
function openRoomCheck(db: Sqlite): (entry: JournalEntry, within: readonly Ceiling[]) => void {
  const after = db.prepare<[number], JournalRow>(
    `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE seq > ? ORDER BY seq`,
  )
  return (entry, within) => {
    if (within.length === 0) return
    requireWithin(entry, within, after.all(Math.min(...within.map(({ upTo }) => upTo))).map(entryOf))
  }
}
