import { exportEndText } from '../../domain/checkpoint.ts'
import { isOfStore, RedriveError } from '../../domain/errors.ts'
import type { Head } from '../../domain/journal-check.ts'
import type { JournalEntry } from '../../domain/journal.ts'
import type { Journal, JournalQuery } from '../../ports/journal.ts'
import type { Signer } from '../../ports/signing.ts'
import { listCheckpoints } from './checkpoints.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Sqlite } from './database.ts'
import { entryOf, JOURNAL_COLUMNS } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Ledger } from './ledger.ts'
import { verifyJournal } from './verify-journal.ts'
import type { JournalPlace } from './verify-journal.ts'
import { CHECKPOINTS_MAX } from './verify-signatures.ts'

export interface JournalOptions {
  readonly db: Sqlite
  readonly ledger: Ledger
  readonly place: JournalPlace
  readonly checkpoints: Checkpoints
  readonly signer: Signer | null
}

export function openJournal({ db, ledger, place, checkpoints, signer }: JournalOptions): Journal {
  const headOf = db.prepare<[], Head>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
  const own = signer === null ? [] : [signer]
  return {
    append: async (draft) => ledger.transact(({ record }) => record(draft)),
    acceptClock: async (draft) => ledger.transact(({ record }) => record(draft), 'seen'),
    list: async (query) => ledger.look(() => listEntries(db, query)),
    verify: (signal) => verifyJournal(place, { keys: own, heads: [] }, signal),
    verifyAgainst: ({ keys, heads }, signal) =>
      verifyJournal(place, { keys: [...own, ...keys], heads }, signal),
    async sealForExport() {
      const known = ledger.look(() => headOf.get())
      if (signer === null || known === undefined) return null
      const head = covered(known)
      const claim = { seq: head.seq, hash: head.hash, at: ledger.now(), key: signer.fingerprint }
      const end = { ...claim, signature: signer.sign(exportEndText(claim)) }
      const kept = ledger.look(() => listCheckpoints(db, CHECKPOINTS_MAX))
      return { checkpoints: kept.filter(({ seq }) => seq <= head.seq), end }
    },
  }

  /** Keeps the checkpoint of the head. Where nothing can be written the export is signed all the same, by its end. */
  function covered(known: Head): Head {
    try {
      return ledger.transact(({ at }) => {
        const head = headOf.get() ?? known
        checkpoints.coverExport(head, at)
        return head
      })
    } catch (error) {
      if (error instanceof RedriveError && isOfStore(error.code)) return known
      throw error
    }
  }
}

function listEntries(db: Sqlite, query: JournalQuery): readonly JournalEntry[] {
  const newest = query.order === 'newest'
  const terms: string[] = []
  const values: (string | number)[] = []
  const narrow = (term: string, value: string | number | undefined | null): void => {
    if (value === undefined || value === null) return
    terms.push(term)
    values.push(value)
  }
  narrow('source = ?', query.source)
  narrow('subject = ?', query.subject)
  narrow('action IN (SELECT value FROM json_each(?))', query.actions && JSON.stringify(query.actions))
  narrow(newest ? 'seq < ?' : 'seq > ?', query.cursor)
  const where = terms.length > 0 ? `WHERE ${terms.join(' AND ')}` : ''
  return db
    .prepare<unknown[], JournalRow>(
      `SELECT ${JOURNAL_COLUMNS} FROM journal ${where} ORDER BY seq ${newest ? 'DESC' : 'ASC'} LIMIT ?`,
    )
    .all(...values, query.limit)
    .map(entryOf)
}
