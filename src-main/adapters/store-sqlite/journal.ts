import type { JournalEntry } from '../../domain/journal.ts'
import type { Journal, JournalQuery } from '../../ports/journal.ts'
import type { Sqlite } from './database.ts'
import { entryOf, JOURNAL_COLUMNS } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Ledger } from './ledger.ts'
import { verifyJournal } from './verify-journal.ts'

export interface JournalOptions {
  readonly db: Sqlite
  readonly ledger: Ledger
  readonly path: string
  readonly headFile: string
}

export function openJournal({ db, ledger, path, headFile }: JournalOptions): Journal {
  return {
    append: async (draft) => ledger.transact(({ record }) => record(draft)),
    list: async (query) => ledger.look(() => listEntries(db, query)),
    verify: (signal) => verifyJournal({ path, headFile }, signal),
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
