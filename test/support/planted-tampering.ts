import Database from 'better-sqlite3'
import { generateKeyPairSync } from 'node:crypto'
import { rmSync } from 'node:fs'
import { openSigner } from '../../src-main/adapters/signing-ed25519/signer.ts'
import { canonical } from '../../src-main/domain/digest.ts'
import { genesisHash, journalHash } from '../../src-main/domain/journal.ts'
import type { JournalEntry } from '../../src-main/domain/journal.ts'
import { entryLine } from '../../src-main/domain/journal-export.ts'
import type { Signer } from '../../src-main/ports/signing.ts'

/** What somebody does to a journal who knows how it is made and has not its key. */
export const kinds = ['edit', 'delete', 'insert', 'reorder', 'truncate', 'duplicate'] as const
export type Kind = (typeof kinds)[number]

/** `careful`: every hash that follows is recomputed, so that the chain is right again. */
export interface Planted {
  readonly kind: Kind
  /** From 0, of as many as there are. */
  readonly at: number
  readonly careful: boolean
}

export function newSigner(): Promise<Signer> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return openSigner({ kept: 'file', load: async () => pem, keep: async (text) => text })
}

/** The entries as somebody left them who did `planted` to them; never equal to what they were. */
export function tampered(entries: readonly JournalEntry[], { kind, at, careful }: Planted): JournalEntry[] {
  const made = [...entries]
  const index = at % entries.length
  const one = entries[index] as JournalEntry
  if (kind === 'edit') made[index] = { ...one, operator: `${one.operator}, not` }
  if (kind === 'delete') made.splice(index, 1)
  if (kind === 'insert') made.splice(index, 0, { ...one, operator: 'mallory' })
  if (kind === 'duplicate') made.splice(index, 0, one)
  if (kind === 'truncate') made.splice(index)
  if (kind === 'reorder') {
    const other = index === 0 ? 1 : index - 1
    made[index] = entries[other] as JournalEntry
    made[other] = one
  }
  return careful ? rehashed(made) : made
}

export function rehashed(entries: readonly JournalEntry[]): JournalEntry[] {
  let previousHash = genesisHash
  return entries.map((entry, index) => {
    const next = { ...entry, seq: index + 1, previousHash }
    previousHash = journalHash(next)
    return { ...next, hash: previousHash }
  })
}

/** Into the store, past its triggers; `careful` also takes away or rewrites what stands beside it. */
export function plantInStore(path: string, planted: Planted): void {
  const db = new Database(path)
  for (const trigger of ['journal_keeps_rows', 'journal_loses_none', 'journal_has_no_holes']) {
    db.exec(`DROP TRIGGER ${trigger}`)
  }
  const columns = 'seq, at, action, operator, source, subject, detail, previous_hash AS previousHash, hash'
  const rows = db
    .prepare<[], JournalEntry & { detail: string }>(`SELECT ${columns} FROM journal ORDER BY seq`)
    .all()
  const made = tampered(
    rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as JournalEntry['detail'] })),
    planted,
  )
  db.exec('DELETE FROM journal')
  const insert = db.prepare<unknown[]>(
    'INSERT OR REPLACE INTO journal VALUES (@seq, @at, @action, @operator, @source, @subject, @detail, @previousHash, @hash)',
  )
  // Without recomputing, a number can stand only once: what was pushed away moves up.
  made.forEach((entry, index) =>
    insert.run({
      ...entry,
      seq: planted.kind === 'delete' && !planted.careful ? entry.seq : index + 1,
      detail: canonical(entry.detail),
    }),
  )
  db.close()
  if (!planted.careful) return
  rmSync(`${path}.seal`, { force: true })
  rmSync(`${path}.journal-head`, { force: true })
}

/** Into an export: its entries are changed, the signatures stay where they can. */
export function plantInExport(text: string, planted: Planted): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const isEntry = (line: string): boolean => !line.startsWith('{"type":')
  const entries = lines.filter(isEntry).map((line) => JSON.parse(line) as JournalEntry)
  const made = tampered(entries, planted)
  const signatures = new Map<number, string[]>()
  for (const line of lines.filter((each) => !isEntry(each))) {
    const { seq } = JSON.parse(line) as { seq: number }
    signatures.set(seq, [...(signatures.get(seq) ?? []), line])
  }
  const woven = made.flatMap((entry, index) => [entryLine(entry), ...(signatures.get(index + 1) ?? [])])
  return `${woven.join('\n')}\n`
}
