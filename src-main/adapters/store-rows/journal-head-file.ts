import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import type { Head } from '../../domain/journal-check.ts'

/**
 * The head of the journal, written down once more beside the store: `<seq> <hash>`, a line of fixed width that is
 * rewritten in place after each commit and not synced. A store that lost its last entries has a valid chain; only
 * something outside of it can tell.
 *
 * Further lines are heads that the journal once turned out not to hold. They are never removed, so that the next
 * entry does not wipe out the trace of a loss.
 */
const SEQ_WIDTH = 16
const LINE = /^(\d{16}) ([0-9a-f]{64})$/

function line(head: Head): string {
  return `${String(head.seq).padStart(SEQ_WIDTH, '0')} ${head.hash}\n`
}

export function headFilePath(storePath: string): string {
  return `${storePath}.journal-head`
}

/** Null where a line cannot be read as a head. A file that is missing, empty or all zeros (power loss) knows nothing. */
export function readHeads(path: string): readonly Head[] | null {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  if (/^\0*$/.test(text)) return []
  const heads = text
    .replace(/\n$/, '')
    .split('\n')
    .map((each) => LINE.exec(each))
    .map((match) => (match ? { seq: Number(match[1]), hash: String(match[2]) } : null))
  return heads.every((head) => head !== null) ? heads : null
}

/** Replaces the first line. The caller holds the store's write lock. */
function writeHead(path: string, head: Head): void {
  const file = openSync(path, 'r+')
  try {
    writeSync(file, line(head), 0, 'latin1')
  } finally {
    closeSync(file)
  }
}

/** Begins the file anew where it knew nothing. The caller holds the store's write lock. */
function createHeadFile(path: string, head: Head): void {
  writeFileSync(path, line(head), { mode: 0o600 })
}

/** Keeps a head that the journal does not hold. The caller holds the store's write lock. */
function keepLostHead(path: string, lost: Head): void {
  appendFileSync(path, line(lost), { mode: 0o600 })
}

/**
 * Follows the head of the journal. `noted` is what the file says, and `held` the hash of the entry that the journal has in
 * the place of the first of these: where it is another one, or none, that head was lost. The caller holds the store's
 * write lock.
 */
export function noteHead(
  path: string,
  {
    noted: [last, ...lost],
    head,
    held,
  }: { readonly noted: readonly Head[]; readonly head: Head | null; readonly held: string | null },
): void {
  if (last && held !== last.hash && !lost.some((one) => one.hash === last.hash)) keepLostHead(path, last)
  if (head && !last) createHeadFile(path, head)
  if (head && last && last.hash !== head.hash) writeHead(path, head)
}
