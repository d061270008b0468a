import { canonical } from './digest.ts'
import type { Json } from './digest.ts'
import type { Head } from './journal-check.ts'

export const BACKUP_FORMAT = 'redrive-backup'
export const BACKUP_VERSION = 1

export interface BackupPart {
  readonly name: 'workspace.json' | 'redrive.db' | 'journal.pem'
  readonly bytes: number
  readonly sha256: string
}

/** What a backup says of itself. */
export interface BackupClaim {
  readonly format: typeof BACKUP_FORMAT
  readonly version: typeof BACKUP_VERSION
  readonly madeAt: string
  readonly madeBy: string
  /** Newest entry of its journal; null: it has none. */
  readonly head: Head | null
  /** In the order in which they follow. */
  readonly parts: readonly BackupPart[]
  /** Fingerprint of the key that signed. */
  readonly key: string
}

export interface BackupManifest extends BackupClaim {
  readonly signature: string
}

/** What is signed: no signature of the journal fits it, nor it one of the journal's. */
export function backupText({ format, version, madeAt, madeBy, head, parts, key }: BackupClaim): string {
  const claim = { format, version, madeAt, madeBy, head, parts, key }
  return `redrive backup ${BACKUP_VERSION}\n${canonical(claim as unknown as Json)}`
}

/**
 * A workspace without what is secret in it: a password that stands in the file becomes one that is asked for. Answers with how
 * many there were.
 */
export function withoutSecrets(workspace: unknown): {
  readonly workspace: unknown
  readonly removed: number
} {
  let removed = 0
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    const entries = Object.entries(node)
    const [first] = entries
    if (entries.length === 1 && first?.[0] === 'value' && typeof first[1] === 'string') {
      removed += 1
      return { prompt: true }
    }
    return Object.fromEntries(entries.map(([name, value]) => [name, walk(value)]))
  }
  const clean = walk(workspace)
  return { workspace: clean, removed }
}
