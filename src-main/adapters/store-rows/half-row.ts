import type { CheckRecord, HalfStanding, HalfState } from '../../domain/check-back.ts'
import { RedriveError } from '../../domain/errors.ts'
import { HALF_STANDINGS_MAX } from '../../ports/half-store.ts'

export interface HalfRow {
  readonly id: string
  readonly messageId: string
  readonly state: HalfState
  readonly checks: number
  readonly askedAt: string
  /** JSON: written once, read whole. */
  readonly last: string | null
}

export function requireFew(some: readonly unknown[]): void {
  if (some.length <= HALF_STANDINGS_MAX) return
  throw new RedriveError('internal', 'never', { reason: `more than ${HALF_STANDINGS_MAX} half messages` })
}

export function halfStandingOf({ last, ...row }: HalfRow): HalfStanding {
  return { ...row, last: last === null ? null : (JSON.parse(last) as CheckRecord) }
}
