import type { ActionProfile, HalfActionName, Mapping } from '../../domain/mapping/mapping.ts'
import { halfProfileOf } from '../../domain/mapping/refusals.ts'
import { RedriveError } from '../../domain/errors.ts'
import { HALF_ROWS_MAX } from '../../ports/half-messages.ts'
import type { HalfRequest, HalfResult } from '../../ports/half-messages.ts'

/** What to write; null: there is nothing to write. Throws RedriveError `action-refused`, `usage`. */
export function halfProfile(
  mapping: Mapping,
  action: HalfActionName,
  requests: readonly HalfRequest[],
): ActionProfile | null {
  if (requests.length > HALF_ROWS_MAX)
    throw new RedriveError('usage', 'never', { problem: `At most ${HALF_ROWS_MAX} rows at a time.` })
  const profile = halfProfileOf(mapping, action)
  const countsNothing = action === 'check' && mapping.halfMessages?.checks === undefined
  return requests.length === 0 || countsNothing ? null : profile
}

export function halfResults(
  requests: readonly HalfRequest[],
  versions: ReadonlyMap<string, string>,
): readonly HalfResult[] {
  return requests.map(({ id }) => {
    const version = versions.get(id)
    return version === undefined ? { id, applied: false } : { id, applied: true, version }
  })
}
