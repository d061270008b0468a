import { deedOf } from '../../domain/deed.ts'
import type { Deed } from '../../domain/deed.ts'
import { RedriveError } from '../../domain/errors.ts'
import { journalHash } from '../../domain/journal.ts'
import type { Deeds } from '../../ports/guard-store.ts'
import type { Sqlite } from './database.ts'
import { readHeads } from './journal-head-file.ts'
import { entryOf, JOURNAL_COLUMNS } from './journal-row.ts'
import type { JournalRow } from './journal-row.ts'
import type { Ledger } from './ledger.ts'

export interface DeedsOptions {
  readonly db: Sqlite
  readonly ledger: Ledger
  readonly headFile: string
}

/** Reads the journal from its end backwards, and believes no entry whose hash does not fit. */
export function openDeeds({ db, ledger, headFile }: DeedsOptions): Deeds {
  const newest = db.prepare<[], JournalRow>(`SELECT ${JOURNAL_COLUMNS} FROM journal ORDER BY seq DESC`)
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')

  const readBack = db.transaction((since: string): readonly Deed[] => {
    const deeds: Deed[] = []
    let after: JournalRow | null = null
    for (const row of newest.iterate()) {
      const entry = entryOf(row)
      const linked: boolean = after === null || (after.previousHash === row.hash && after.seq === row.seq + 1)
      if (!linked || journalHash(entry) !== row.hash) throw broken(row.seq)
      after = row
      if (row.at < since) break
      const deed = deedOf(entry)
      if (deed !== null) deeds.push(deed)
    }
    // A head that was noted and is not there any more was cut off; one that lies before what is read does not matter here.
    const heads = readHeads(headFile) ?? []
    const lost = heads.find(({ seq, hash }) => seq >= (after?.seq ?? 0) && hashAt.get(seq)?.hash !== hash)
    if (lost !== undefined) throw broken(lost.seq)
    return deeds.reverse()
  })
  return { since: async (at) => ledger.look(() => readBack(at)) }
}

function broken(brokenAt: number): RedriveError {
  return new RedriveError('journal-broken', 'never', { brokenAt })
}
