import { checkpointText, exportEndText, signatureFault } from './checkpoint.ts'
import type { Checkpoint, ExportEnd, VerifyingKey } from './checkpoint.ts'
import type { JournalEntry, JournalVerdict } from './journal.ts'
import { beginning, entryFault } from './journal-check.ts'
import type { Head, JournalFault } from './journal-check.ts'

/**
 * An exported journal is a text of JSON lines: each entry in order; after an entry, as `type: checkpoint`, what signed it;
 * last, as `type: end`, the signed end. It is verified with nothing but itself and the public key.
 */
export interface ExportCheck {
  /** One line, without its line feed. Lines after a fault are counted and not looked at. */
  line(text: string): void
  finish(): JournalVerdict
}

export interface ExportCheckOptions {
  readonly keys: readonly VerifyingKey[]
  /** Entries that the one who verifies has noted before: the export must hold them. */
  readonly heads: readonly Head[]
}

type Line =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'end'; readonly end: ExportEnd }

export function entryLine(entry: JournalEntry): string {
  const { seq, at, action, operator, source, subject, detail, previousHash, hash } = entry
  return JSON.stringify({ seq, at, action, operator, source, subject, detail, previousHash, hash })
}

export function checkpointLine({ seq, hash, at, key, unsigned, signature }: Checkpoint): string {
  return JSON.stringify({ type: 'checkpoint', seq, hash, at, key, unsigned, signature })
}

export function endLine({ seq, hash, at, key, signature }: ExportEnd): string {
  return JSON.stringify({ type: 'end', seq, hash, at, key, signature })
}

/** Null where the text is not, to the letter, what an export writes: whatever is not hashed must not be there. */
function parse(text: string): Line | null {
  try {
    const value = JSON.parse(text) as { readonly type?: unknown }
    if (value.type === 'end') {
      const end = value as unknown as ExportEnd
      return endLine(end) === text ? { kind: 'end', end } : null
    }
    if (value.type === 'checkpoint') {
      const checkpoint = value as unknown as Checkpoint
      return checkpointLine(checkpoint) === text ? { kind: 'checkpoint', checkpoint } : null
    }
    const entry = value as unknown as JournalEntry
    return entryLine(entry) === text ? { kind: 'entry', entry } : null
  } catch {
    return null
  }
}

export function createExportCheck({ keys, heads }: ExportCheckOptions): ExportCheck {
  const by = new Set<string>()
  const noted = new Map(heads.map(({ seq, hash }) => [seq, hash]))
  let head = beginning
  let entries = 0
  let checkpoints = 0
  let before = 0
  let end: ExportEnd | null = null
  let fault: JournalFault | null = null

  function checkEntry(entry: JournalEntry): JournalFault | null {
    const wrong = entryFault(entry, head)
    if (wrong !== null) return wrong
    head = { seq: entry.seq, hash: entry.hash }
    const known = noted.get(entry.seq)
    return known === undefined || known === entry.hash ? null : { brokenAt: entry.seq, finding: 'truncated' }
  }

  function checkCheckpoint(checkpoint: Checkpoint): JournalFault | null {
    const { seq, hash, key, unsigned } = checkpoint
    const forged = signatureFault(checkpointText(checkpoint), checkpoint, keys)
    if (forged !== null) return { brokenAt: seq, finding: forged }
    if (seq !== head.seq || hash !== head.hash) return { brokenAt: seq, finding: 'truncated' }
    if (unsigned < 0) return { brokenAt: seq, finding: 'truncated' }
    if (unsigned > 0 && checkpoints > 0) return { brokenAt: seq - unsigned, finding: 'unsigned' }
    before += unsigned
    checkpoints += 1
    by.add(key)
    return null
  }

  function checkEnd(claim: ExportEnd): JournalFault | null {
    const forged = signatureFault(exportEndText(claim), claim, keys)
    if (forged !== null) return { brokenAt: claim.seq, finding: forged }
    if (claim.seq !== head.seq || claim.hash !== head.hash)
      return { brokenAt: head.seq + 1, finding: 'truncated' }
    end = claim
    by.add(claim.key)
    return null
  }

  function check(text: string): JournalFault | null {
    const line = parse(text)
    // Nothing follows the end: what stands there was put there.
    if (line === null || end !== null) return { brokenAt: head.seq + 1, finding: 'changed' }
    if (line.kind === 'entry') return checkEntry(line.entry)
    return line.kind === 'checkpoint' ? checkCheckpoint(line.checkpoint) : checkEnd(line.end)
  }

  return {
    line(text) {
      if (!/^\{"type":/.test(text)) entries += 1
      fault ??= check(text)
    },
    finish() {
      const lost = heads.filter(({ seq }) => seq > head.seq).map(({ seq }) => seq)
      if (lost.length > 0) fault ??= { brokenAt: Math.min(head.seq + 1, ...lost), finding: 'truncated' }
      if (end === null) fault ??= { brokenAt: head.seq + 1, finding: 'truncated' }
      if (fault !== null) return { intact: false, entries, ...fault }
      const signed = { by: [...by], upTo: head.seq, checkpoints, before }
      return { intact: true, entries, headHash: head.hash, signed }
    },
  }
}
