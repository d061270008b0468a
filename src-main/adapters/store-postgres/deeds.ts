import type { Deeds } from '../../ports/guard-store.ts'
import { walkBack } from '../store-rows/deed-walk.ts'
import { readHeads } from '../store-rows/journal-head-file.ts'
import type { JournalRow } from '../store-rows/journal-row.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'
import { JOURNAL_COLUMNS, lostOf } from './verify-journal.ts'

/** Entries of one page; each may name a thousand rows. */
const PAGE_ENTRIES = 200

export function openDeeds(ledger: Ledger, headFile: string): Deeds {
  return {
    since: (at) =>
      ledger.look(async (queries) => {
        const noted = readHeads(headFile) ?? []
        const newest = ledger.newest()
        const walk = walkBack(at)
        for await (const row of backwards(queries)) if (!walk.take(row)) break
        return walk.deeds(await lostOf(queries, newest === null ? noted : [...noted, newest]))
      }),
  }
}

async function* backwards(queries: Queries): AsyncGenerator<JournalRow> {
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const rows = await queries.all<JournalRow>(
      `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE seq < $1 ORDER BY seq DESC LIMIT ${PAGE_ENTRIES}`,
      before,
    )
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_ENTRIES) return
    before = last.seq
  }
}
