import { genesisHash, journalHash } from './journal.ts'
import type { JournalEntry, JournalVerdict } from './journal.ts'

/** How far from its place a moved entry is looked for. */
const MOVED_MAX = 1_000

export interface Head {
  readonly seq: number
  readonly hash: string
}

/** Before the first entry. */
export const beginning: Head = { seq: 0, hash: genesisHash }

export type JournalFault = Omit<Extract<JournalVerdict, { intact: false }>, 'entries' | 'intact'>

/** What is wrong with an entry that follows `before`; null where it fits. */
export function entryFault(entry: JournalEntry, before: Head): JournalFault | null {
  const brokenAt = before.seq + 1
  if (entry.seq !== brokenAt) return { brokenAt, finding: 'missing' }
  if (journalHash(entry) !== entry.hash) {
    return { brokenAt, finding: wasMoved(entry) ? 'reordered' : 'changed' }
  }
  return entry.previousHash === before.hash ? null : { brokenAt, finding: 'changed' }
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
