import { canonical } from '../../domain/digest.ts'
import { entryFault } from '../../domain/journal-check.ts'
import type { Head, JournalFault } from '../../domain/journal-check.ts'
import { entryOf } from './journal-row.ts'
import type { JournalRow } from './journal-row.ts'

/** Whether an entry, as it is stored, follows this head. */
export function checkRow(row: JournalRow, before: Head): JournalFault | null {
  const entry = entryOf(row)
  const fault = entryFault(entry, before)
  // Equal values may be written differently; what is stored must be what was hashed.
  if (fault !== null || canonical(entry.detail) === row.detail) return fault
  return { brokenAt: row.seq, finding: 'changed' }
}

/** Heads that were seen once and that the journal does not hold. */
export function lostHeads(lost: readonly Head[], head: Head): JournalFault | null {
  if (lost.length === 0) return null
  const seqs = lost.map((known) => known.seq)
  return { brokenAt: Math.min(head.seq + 1, ...seqs), finding: 'truncated' }
}
