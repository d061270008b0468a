import { RedriveError } from '../../domain/errors.ts'
import type { Confirmation } from '../../domain/mapping/confirmation.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Changed, ConfirmedBefore, Looked } from './looked.ts'
import { shownActions } from './preview.ts'

/** Keeps what an operator saw and found right. Throws RedriveError `mapping-unsafe`. */
export async function confirmSeen(
  ports: EnginePorts,
  { preview, shape }: Looked,
  digest: string,
): Promise<Confirmation> {
  const { source, table, profile, mapping } = preview
  const [unsafe] = preview.unsafe
  if (unsafe !== undefined) {
    const { problem, instead } = unsafe
    throw new RedriveError('mapping-unsafe', 'never', { source, problem, instead })
  }
  const actions = shownActions(mapping, preview)
  const operator = ports.operator()
  // The parts of the digest, so that a later change can be called by its name.
  const of = { mapping: mappingDigest(mapping), shape }
  const detail = { table, profile, digest, actions: [...actions], of }
  return ports.mapping.confirmations.confirm(
    { source, digest, operator, actions },
    { action: 'mapping-confirmed', operator, source, subject: null, detail },
  )
}

/** The newest confirmation of a source whose mapping, as it is now, nobody has confirmed; null: there is none. */
export async function changedSince(
  ports: EnginePorts,
  source: string,
  now: { readonly mapping: Mapping; readonly shape: string },
): Promise<ConfirmedBefore | null> {
  const latest = await ports.mapping.confirmations.latest(source)
  if (latest === null) return null
  const query = { source, actions: ['mapping-confirmed'], order: 'newest', cursor: null, limit: 1 } as const
  const [entry] = await ports.journal.list(query)
  const detail = entry?.detail as
    { readonly digest?: string; readonly of?: Record<string, string> } | undefined
  const of = detail?.digest === latest.digest ? detail.of : undefined
  if (of === undefined) return { ...latest, changed: ['something'] }
  const changed: Changed[] = []
  if (of['mapping'] !== mappingDigest(now.mapping)) changed.push('mapping')
  if (of['shape'] !== now.shape) changed.push('table')
  return { ...latest, changed: changed.length === 0 ? ['address'] : changed }
}
