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

/** Where a workspace has a secret; `value` only beside the name of a header. A mapping has columns under names like these. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['password', 'clientSecret', 'bearer'])
const MAPPING = 'mapping'
const SECRET_HEADER = /^(proxy-)?authorization$|^cookie$|(api[-_]?key|token|secret)$/i

/**
 * A workspace without what is secret in it: a password that stands in the file becomes one that is asked for, a header of a
 * service call that is named like one is left out. Answers with how many there were. Other texts (addresses, arguments of commands)
 * stay as they are.
 */
export function withoutSecrets(workspace: unknown): {
  readonly workspace: unknown
  readonly removed: number
} {
  let removed = 0
  const asked = (): unknown => {
    removed += 1
    return { prompt: true }
  }
  const inside = (node: Readonly<Record<string, unknown>>): unknown =>
    Object.fromEntries(
      Object.entries(node).flatMap(([name, value]) => {
        if (name === MAPPING) return [[name, value]]
        const isSecret = SECRET_NAMES.has(name) || (name === 'value' && 'header' in node)
        if (isSecret && (typeof value === 'string' || isTyped(value))) return [[name, asked()]]
        // Of a service call, where nothing else is called so.
        if (SECRET_HEADER.test(name) && typeof value === 'string') {
          removed += 1
          return []
        }
        return [[name, walk(value)]]
      }),
    )
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    return inside(node as Readonly<Record<string, unknown>>)
  }
  const clean = walk(workspace)
  return { workspace: clean, removed }
}

function isTyped(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'value' in value
}
