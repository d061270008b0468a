import type { Deeds, DeedsTold } from '../../ports/guard-store.ts'
import { walkBack } from '../store-rows/deed-walk.ts'
import { readHeads } from '../store-rows/journal-head-file.ts'
import { JOURNAL_COLUMNS } from '../store-rows/journal-row.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

export interface DeedsOptions {
  readonly db: Sqlite
  readonly ledger: Ledger
  readonly headFile: string
}

export function openDeeds({ db, ledger, headFile }: DeedsOptions): Deeds {
  const newest = db.prepare<[], JournalRow>(`SELECT ${JOURNAL_COLUMNS} FROM journal ORDER BY seq DESC`)
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')

  const readBack = db.transaction((since: string): DeedsTold => {
    const walk = walkBack(since)
    for (const row of newest.iterate()) if (!walk.take(row)) break
    const heads = readHeads(headFile) ?? []
    return walk.deeds(heads.filter(({ seq, hash }) => hashAt.get(seq)?.hash !== hash))
  })
  return { since: async (at) => ledger.look(() => readBack(at)) }
}
