import { deedOf } from '../../domain/deed-of.ts'
import type { Deed } from '../../domain/deed.ts'
import { RedriveError } from '../../domain/errors.ts'
import { journalHash } from '../../domain/journal.ts'
import type { DeedsTold } from '../../ports/guard-store.ts'
import type { Head } from '../../domain/journal-check.ts'
import { entryOf } from './journal-row.ts'
import type { JournalRow } from './journal-row.ts'

/** Takes entries from the end of the journal backwards, and believes none whose hash does not fit. */
export interface DeedWalk {
  /** False: it is older than what is asked for, and no more are needed. */
  take(row: JournalRow): boolean
  /**
   * The oldest first. `lost`: heads that were noted elsewhere and that the journal does not hold; one that lies before what was
   * read does not matter here.
   */
  deeds(lost: readonly Head[]): DeedsTold
}

/** Throws RedriveError `journal-broken` where what is read was changed or cut off. */
export function walkBack(since: string): DeedWalk {
  const deeds: Deed[] = []
  let after: JournalRow | null = null
  let upTo = 0
  return {
    take(row) {
      const entry = entryOf(row)
      const linked = after === null || (after.previousHash === row.hash && after.seq === row.seq + 1)
      if (!linked || journalHash(entry) !== row.hash) throw broken(row.seq)
      after = row
      upTo = Math.max(upTo, row.seq)
      if (row.at < since) return false
      const deed = deedOf(entry)
      if (deed !== null) deeds.push(deed)
      return true
    },
    deeds(lost) {
      const gone = lost.find(({ seq }) => seq >= (after?.seq ?? 0))
      if (gone !== undefined) throw broken(gone.seq)
      return { deeds: deeds.toReversed(), upTo }
    },
  }
}

function broken(brokenAt: number): RedriveError {
  return new RedriveError('journal-broken', 'never', { brokenAt })
}
