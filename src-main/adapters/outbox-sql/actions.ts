import { RedriveError } from '../../domain/errors.ts'
import type { ActionProfile, Mapping, ResendProfile } from '../../domain/mapping/mapping.ts'
import { requireAction } from '../../domain/mapping/refusals.ts'
import type { Bound, MappingAssignments } from '../../domain/mapping/values.ts'
import type { MarkRequest } from '../../ports/outbox.ts'

/** Throws RedriveError `action-refused`. */
export function profileOf(mapping: Mapping, action: 'retry' | 'resolve'): ActionProfile {
  requireAction(mapping, action)
  return mapping[action] ?? {}
}

/** Throws RedriveError `action-refused` where the layout has no place for a claim of Redrive. */
export function resendOf(mapping: Mapping): ResendProfile {
  requireAction(mapping, 'resend')
  if (mapping.resend !== undefined) return mapping.resend
  throw new RedriveError('internal', 'never', { reason: 'a resend without its profile' })
}

/** The placeholders or expressions for what a mapping calls token, reason and delay. */
export function bound(placeholders: Partial<Record<Bound, string>>): (is: Bound) => string {
  return (is) => {
    const placeholder = placeholders[is]
    if (placeholder !== undefined) return placeholder
    throw new RedriveError('workspace-invalid', 'never', {
      at: 'profile',
      problem: `the ${is} is not known in this action`,
    })
  }
}

export interface MarkKind {
  readonly as: MarkRequest['as']
  readonly set: MappingAssignments
  readonly requests: MarkRequest[]
}

/** One statement for each kind of mark; a release depends on the state before the claim. */
export function markKinds(mapping: Mapping, requests: readonly MarkRequest[]): readonly MarkKind[] {
  const profile = resendOf(mapping)
  const kinds = new Map<MappingAssignments, MarkKind>()
  for (const request of requests) {
    const set =
      request.as === 'release'
        ? profile.release.find((rule) => rule.from.includes(request.stateBefore))?.set
        : profile[request.as]
    if (set === undefined) throw new RedriveError('state-forbids', 'never', { state: request.stateBefore })
    const kind = kinds.get(set) ?? { as: request.as, set, requests: [] }
    kind.requests.push(request)
    kinds.set(set, kind)
  }
  return [...kinds.values()]
}

export function delayOf({ id, delaySec }: MarkRequest): string {
  if (delaySec !== undefined && Number.isFinite(delaySec) && delaySec >= 0) return String(delaySec)
  throw new RedriveError('internal', 'never', { reason: `the retry of ${id} does not say when` })
}
