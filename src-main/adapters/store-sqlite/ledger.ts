import { canonical } from '../../domain/digest.ts'
import { nextEntry } from '../../domain/journal.ts'
import type { JournalDraft, JournalEntry } from '../../domain/journal.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { classify } from './database.ts'
import type { Sqlite } from './database.ts'
import { noteHead, readHeads } from '../store-rows/journal-head-file.ts'
import type { Head } from '../store-rows/journal-head-file.ts'
import { wellFormed } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Seal } from './seal.ts'

/** What a transaction may use: its time, and the journal. */
export interface Scope {
  readonly at: string
  readonly record: (draft: JournalDraft) => JournalEntry
}

/** The only way to change the store. */
export interface Ledger {
  /** One IMMEDIATE transaction; on disk when it returns, nothing of it where it throws. */
  transact<T>(work: (scope: Scope) => T): T
  /** Reads; turns whatever goes wrong into a RedriveError. */
  look<T>(work: () => T): T
}

export interface LedgerOptions {
  readonly db: Sqlite
  readonly path: string
  readonly headFile: string
  readonly seal: Seal
  readonly clock: Clock
}

export function openLedger({ db, path, headFile, seal, clock }: LedgerOptions): Ledger {
  const headOf = db.prepare<[], Head>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')
  const insert = db.prepare<JournalRow>(
    `INSERT INTO journal (seq, at, action, operator, source, subject, detail, previous_hash, hash)
     VALUES (@seq, @at, @action, @operator, @source, @subject, @detail, @previousHash, @hash)`,
  )

  function record(draft: JournalDraft, at: string): JournalEntry {
    const entry = nextEntry(wellFormed(draft), at, headOf.get() ?? null)
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

  keepNote()
  return {
    transact(work) {
      try {
        let recorded = false
        const at = clock.now().toISOString()
        const run = db.transaction(() => {
          seal.lift()
          return work({
            at,
            record: (draft) => {
              recorded = true
              return record(draft, at)
            },
          })
        })
        const result = run.immediate()
        if (recorded) keepNote()
        return result
      } catch (error) {
        throw classify(error, path)
      }
    },
    look(work) {
      try {
        return work()
      } catch (error) {
        throw classify(error, path)
      }
    },
  }
}
