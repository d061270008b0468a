import type { JournalEntry } from '../../domain/journal.ts'
import type { Journal, JournalQuery } from '../../ports/journal.ts'
import { entryOf } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Database, Queries } from './database.ts'
import type { Ledger } from './ledger.ts'
import type { SqlValue } from './values.ts'
import { JOURNAL_COLUMNS, verifyJournal } from './verify-journal.ts'

export interface JournalOptions {
  readonly db: Database
  readonly ledger: Ledger
  readonly headFile: string
}

export function openJournal({ db, ledger, headFile }: JournalOptions): Journal {
  return {
    append: (draft) => ledger.transact(async ({ record }) => record(draft)),
    list: (query) => ledger.look((queries) => listEntries(queries, query)),
    verify: (signal) => verifyJournal({ db, headFile, newest: ledger.newest() }, signal),
  }
}

async function listEntries(queries: Queries, query: JournalQuery): Promise<readonly JournalEntry[]> {
  const newest = query.order === 'newest'
  const terms: string[] = ['true']
  const values: SqlValue[] = []
  const narrow = (term: (place: string) => string, value: SqlValue | undefined): void => {
    if (value !== undefined && value !== null) terms.push(term(`$${values.push(value)}`))
  }
  narrow((place) => `source = ${place}`, query.source)
  narrow((place) => `subject = ${place}`, query.subject)
  narrow((place) => `action = ANY(${place}::text[])`, query.actions)
  narrow((place) => `seq ${newest ? '<' : '>'} ${place}`, query.cursor)
  const rows = await queries.all<JournalRow>(
    `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE ${terms.join(' AND ')}
     ORDER BY seq ${newest ? 'DESC' : 'ASC'} LIMIT $${values.push(query.limit)}`,
    ...values,
  )
  return rows.map(entryOf)
}
