import { canonical } from '../../domain/digest.ts'
import { journalHash } from '../../domain/journal.ts'
import type { JournalEntry, JournalVerdict } from '../../domain/journal.ts'
import type { Head } from './journal-head-file.ts'
import { entryOf } from './journal-row.ts'
import type { JournalRow } from './journal-row.ts'

/** How far from its place a moved entry is looked for. */
const MOVED_MAX = 1_000

type Broken = Extract<JournalVerdict, { intact: false }>
export type Fault = Omit<Broken, 'entries' | 'intact'>

/** Whether an entry, as it is stored, follows this head. */
export function checkRow(row: JournalRow, before: Head): Fault | null {
  const brokenAt = before.seq + 1
  if (row.seq !== brokenAt) return { brokenAt, finding: 'missing' }
  const entry = entryOf(row)
  if (journalHash(entry) !== row.hash) {
    return { brokenAt, finding: wasMoved(entry) ? 'reordered' : 'changed' }
  }
  // Equal values may be written differently; what is stored must be what was hashed.
  const same = row.previousHash === before.hash && canonical(entry.detail) === row.detail
  return same ? null : { brokenAt, finding: 'changed' }
}

/** Its hash fits another place nearby: the entry is genuine and stands where it does not belong. */
function wasMoved(entry: JournalEntry): boolean {
  for (let distance = 1; distance <= MOVED_MAX; distance++) {
    for (const seq of [entry.seq + distance, entry.seq - distance]) {
      if (seq > 0 && journalHash({ ...entry, seq }) === entry.hash) return true
    }
  }
  return false
}

/** Heads that were seen once and that the journal does not hold. */
export function lostHeads(lost: readonly Head[], head: Head): Fault | null {
  if (lost.length === 0) return null
  const seqs = lost.map((known) => known.seq)
  return { brokenAt: Math.min(head.seq + 1, ...seqs), finding: 'truncated' }
}
