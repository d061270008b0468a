import { exportEndText } from '../../domain/checkpoint.ts'
import type { Head } from '../../domain/journal-check.ts'
import type { JournalEntry } from '../../domain/journal.ts'
import type { Journal, JournalQuery } from '../../ports/journal.ts'
import type { Signer } from '../../ports/signing.ts'
import { entryOf } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Database, Queries } from './database.ts'
import type { Ledger } from './ledger.ts'
import type { SqlValue } from './values.ts'
import { JOURNAL_COLUMNS, verifyJournal } from './verify-journal.ts'
import { NOW } from './writing.ts'

export interface JournalOptions {
  readonly db: Database
  readonly ledger: Ledger
  readonly headFile: string
  /** Signs exports. Null: nobody does. */
  readonly signer: Signer | null
}

export function openJournal({ db, ledger, headFile, signer }: JournalOptions): Journal {
  return {
    append: (draft) => ledger.transact(async ({ record }) => record(draft)),
    // The time is the database's, whatever the clock of this console says.
    acceptClock: (draft) => ledger.transact(async ({ record }) => record(draft)),
    list: (query) => ledger.look((queries) => listEntries(queries, query)),
    verify: (signal) => verifyJournal({ db, headFile, newest: ledger.newest(), heads: [] }, signal),
    verifyAgainst: ({ heads }, signal) =>
      verifyJournal({ db, headFile, newest: ledger.newest(), heads }, signal),
    async sealForExport() {
      const stands = await ledger.look(({ get }) =>
        get<Head & { readonly at: string }>(
          `SELECT seq, hash, ${NOW} AS at FROM journal ORDER BY seq DESC LIMIT 1`,
        ),
      )
      if (signer === null || stands === undefined) return null
      const claim = { seq: stands.seq, hash: stands.hash, at: stands.at, key: signer.fingerprint }
      // Entries of a shared store carry no signatures of their own: several consoles write them. The end covers all.
      return { checkpoints: [], end: { ...claim, signature: signer.sign(exportEndText(claim)) } }
    },
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
