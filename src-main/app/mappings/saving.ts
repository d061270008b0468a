import { RedriveError } from '../../domain/errors.ts'
import type { Confirmation } from '../../domain/mapping/confirmation.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import { confirmSeen } from './confirming.ts'
import type { Looked, MappingParts } from './looked.ts'

/** A table and a mapping, as somebody has written it. */
export interface MappingDraft {
  readonly table: string
  readonly mapping: unknown
}

export interface SaveMapping {
  readonly source: string
  readonly draft: MappingDraft
  /** Of what the operator saw; null: Redrive's own layout. */
  readonly digest: string | null
  /** False: the outbox is read by it, and nothing is written. */
  readonly confirm: boolean
  /** Production: the source's name, typed by the operator. */
  readonly typedName: string | null
}

export function withMapping(config: SourceConfig, table: string, mapping: Mapping): SourceConfig {
  return { ...config, outbox: { ...config.outbox, table, profile: mapping.profile, mapping } }
}

/**
 * A mapping by which a retry would leave a row in trouble is not saved, whether or not it is to be confirmed: nobody can
 * come to it later and believe it. Null: not confirmed, or nothing that anybody has to confirm.
 */
export async function saveMapping(
  { ports, connections, configure, locks, changes }: MappingParts,
  look: (source: string, draft: MappingDraft, signal: AbortSignal) => Promise<Looked>,
  { source, draft, digest, confirm, typedName }: SaveMapping,
  signal: AbortSignal,
): Promise<Confirmation | null> {
  const mapping = ports.mapping.texts.parse(draft.mapping)
  const config = await connections.source(source)
  if (config.environment === 'production' && typedName !== source)
    throw new RedriveError('name-not-typed', 'never', { source })
  const seen = await look(source, draft, signal)
  if (seen.preview.digest !== digest) {
    const now = seen.preview.digest ?? '-'
    throw new RedriveError('mapping-digest-mismatch', 'never', { source, digest: now })
  }
  const risky = seen.preview.actions.some(({ risks }) => risks.length > 0)
  const [unsafe] = seen.preview.unsafe
  if (unsafe !== undefined && (risky || confirm)) {
    const { problem, instead } = unsafe
    throw new RedriveError('mapping-unsafe', 'never', { source, problem, instead })
  }
  const { table } = draft
  if (!(await isSaved(ports.mapping.texts.ofSource(config), { table, mapping }, config.outbox.table))) {
    // What was unlocked was read otherwise.
    await locks.lock(source)
    await configure.saveMapping(source, { table, mapping })
  }
  const confirmation = confirm && digest !== null ? await confirmSeen(ports, seen, digest) : null
  changes.bump()
  return confirmation
}

/** Just this mapping already, maybe in a file of its own, which then stays its place. */
async function isSaved(
  saved: Promise<Mapping | null>,
  { table, mapping }: { readonly table: string; readonly mapping: Mapping },
  tableBefore: string,
): Promise<boolean> {
  // One that cannot be read is replaced.
  const before = await saved.catch(() => null)
  return before !== null && table === tableBefore && mappingDigest(before) === mappingDigest(mapping)
}
