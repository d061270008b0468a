import { checkpointText } from '../../domain/checkpoint.ts'
import type { Checkpoint } from '../../domain/checkpoint.ts'
import type { JournalEntry } from '../../domain/journal.ts'
import type { Head } from '../../domain/journal-check.ts'
import type { Signer } from '../../ports/signing.ts'
import { appendCheckpoint } from './checkpoint-file.ts'
import type { Sqlite } from './database.ts'

/** A checkpoint is kept for good after so many entries. */
const KEPT_EVERY_ENTRIES = 256

export const CHECKPOINT_COLUMNS = 'seq, hash, at, key, unsigned, signature'
const NEWEST = `SELECT checkpoint, kept, ${CHECKPOINT_COLUMNS} FROM journal_checkpoints ORDER BY checkpoint DESC LIMIT 1`

interface Row extends Checkpoint {
  readonly checkpoint: number
  readonly kept: 0 | 1
}

/**
 * The head of the journal is signed in the transaction that writes it, so that nothing can be appended without the key.
 * The signature of the head before gives way to it, but one in 256 entries, at the end of a job, when the store is closed
 * and where something does not fit: those are kept, here and in a file beside the store.
 */
export interface Checkpoints {
  /** Signs the new head; `before`: the last entry when the transaction began. The caller holds the write lock. */
  cover(head: JournalEntry, before: Head | null, at: string): void
  /** Keeps the newest for good, where it is not; `lift` is called before. The caller holds the write lock. */
  keepNewest(lift: () => void): void
  /** As it stands, which may be a journal that nobody has signed yet. The caller holds the write lock. */
  coverExport(head: Head, at: string): void
  /** After a commit: writes down beside the store what it kept. */
  note(): void
  /** After a rollback. */
  forget(): void
}

export const noCheckpoints: Checkpoints = {
  cover: () => undefined,
  keepNewest: () => undefined,
  coverExport: () => undefined,
  note: () => undefined,
  forget: () => undefined,
}

export function openCheckpoints(db: Sqlite, file: string, signer: Signer): Checkpoints {
  const newest = db.prepare<[], Row>(NEWEST)
  const lastKept = db.prepare<[], { seq: number }>(
    'SELECT seq FROM journal_checkpoints WHERE kept = 1 ORDER BY checkpoint DESC LIMIT 1',
  )
  const hashAt = db.prepare<[number], { hash: string }>('SELECT hash FROM journal WHERE seq = ?')
  const drop = db.prepare<[number]>('DELETE FROM journal_checkpoints WHERE checkpoint = ?')
  const keep = db.prepare<[number]>('UPDATE journal_checkpoints SET kept = 1 WHERE checkpoint = ?')
  const insert = db.prepare<unknown[]>(
    `INSERT INTO journal_checkpoints (kept, ${CHECKPOINT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const toNote: Checkpoint[] = []

  function keepRow(row: Row): void {
    if (row.kept === 1) return
    keep.run(row.checkpoint)
    toNote.push(row)
  }

  /** Whether `last` is in the journal and stood at its head until now; the one before gives way, unless it is kept. */
  function follows(last: Row | null, unsigned: number): boolean {
    if (last === null) return unsigned === 0
    const fits = unsigned === 0 && hashAt.get(last.seq)?.hash === last.hash
    // What the journal does not hold any more is evidence.
    if (!fits) keepRow(last)
    else if (last.kept === 0) drop.run(last.checkpoint)
    return fits
  }

  function cover({ seq, hash }: Head, before: Head | null, at: string, forGood: boolean): void {
    const last = newest.get() ?? null
    const unsigned = (before?.seq ?? 0) - (last?.seq ?? 0)
    const fits = follows(last, unsigned)
    const claim = { seq, hash, at, key: signer.fingerprint, unsigned }
    const signed = { ...claim, signature: signer.sign(checkpointText(claim)) }
    const due = seq - (lastKept.get()?.seq ?? 0) >= KEPT_EVERY_ENTRIES
    const kept = forGood || due || !fits || last === null
    insert.run(Number(kept), seq, hash, at, claim.key, unsigned, signed.signature)
    if (kept) toNote.push(signed)
  }

  return {
    cover: (head, before, at) => cover(head, before, at, head.action === 'job-ended'),
    coverExport(head, at) {
      const last = newest.get()
      if (last?.seq === head.seq && last.hash === head.hash) keepRow(last)
      else cover(head, head, at, true)
    },
    keepNewest(lift) {
      const last = newest.get()
      if (last === undefined || last.kept === 1) return
      lift()
      keepRow(last)
    },
    note() {
      for (const checkpoint of toNote.splice(0)) {
        try {
          appendCheckpoint(file, checkpoint)
        } catch {
          // It is in the store; the file beside it is a second witness, and the next one follows.
        }
      }
    },
    forget: () => void toNote.splice(0),
  }
}

/** Those that are kept and the newest, the oldest first; of a long journal the last `limit`. */
export function listCheckpoints(db: Sqlite, limit: number): readonly Checkpoint[] {
  return db
    .prepare<[number], Checkpoint>(
      `SELECT ${CHECKPOINT_COLUMNS} FROM journal_checkpoints ORDER BY checkpoint DESC LIMIT ?`,
    )
    .all(limit)
    .reverse()
}
