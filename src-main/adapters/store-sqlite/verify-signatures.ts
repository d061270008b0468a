import { checkpointText, signatureFault } from '../../domain/checkpoint.ts'
import type { Checkpoint, VerifyingKey } from '../../domain/checkpoint.ts'
import type { JournalSigned } from '../../domain/journal.ts'
import type { Head, JournalFault } from '../../domain/journal-check.ts'
import { listCheckpoints } from './checkpoints.ts'
import type { Sqlite } from './database.ts'

/** So many of the newest are verified: each of them covers everything before it. */
export const CHECKPOINTS_MAX = 10_000

/** What the files beside the store hold, read before the snapshot of the journal. */
export interface Witnesses {
  readonly checkpoints: readonly Checkpoint[] | null
  readonly keys: readonly VerifyingKey[]
}

/** Every checkpoint is signed by a known key and fits the journal; the newest stands at its head. */
export function checkSignatures(
  db: Sqlite,
  { checkpoints: beside, keys }: Witnesses,
  head: Head,
): JournalFault | JournalSigned | null {
  if (beside === null) return { brokenAt: null, finding: 'unreadable' }
  const stored = listCheckpoints(db, CHECKPOINTS_MAX)
  const newest = stored.at(-1)
  if (newest === undefined) return beside.length === 0 ? null : { brokenAt: 1, finding: 'unsigned' }
  const before = firstUnsigned(db)
  const fault = checkEach(db, [...stored, ...beside.slice(-CHECKPOINTS_MAX)], { keys, head, before })
  if (fault !== null) return fault
  if (newest.seq !== head.seq) return { brokenAt: newest.seq + 1, finding: 'unsigned' }
  const by = [...new Set(stored.map(({ key }) => key))]
  return { by, upTo: newest.seq, checkpoints: stored.length, before: before?.unsigned ?? 0 }
}

type First = Pick<Checkpoint, 'signature' | 'unsigned'> | null

function checkEach(
  db: Sqlite,
  checkpoints: readonly Checkpoint[],
  {
    keys,
    head,
    before,
  }: { readonly keys: readonly VerifyingKey[]; readonly head: Head; readonly before: First },
): JournalFault | null {
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')
  for (const checkpoint of checkpoints) {
    const { seq, hash, unsigned } = checkpoint
    const forged = signatureFault(checkpointText(checkpoint), checkpoint, keys)
    if (forged !== null) return { brokenAt: null, finding: forged }
    if (hashAt.get(seq)?.hash !== hash || unsigned < 0) {
      return { brokenAt: Math.min(head.seq + 1, seq), finding: 'truncated' }
    }
    const isFirst = checkpoint.signature === before?.signature
    if (unsigned > 0 && !isFirst) return { brokenAt: Math.max(1, seq - unsigned), finding: 'unsigned' }
  }
  return null
}

/** The first of all, where it was made in a journal that had entries. */
function firstUnsigned(db: Sqlite): First {
  const first = db
    .prepare<[], Checkpoint & { checkpoint: number }>(
      'SELECT checkpoint, signature, unsigned FROM journal_checkpoints ORDER BY checkpoint LIMIT 1',
    )
    .get()
  return first !== undefined && first.checkpoint === 1 && first.unsigned > 0 ? first : null
}
