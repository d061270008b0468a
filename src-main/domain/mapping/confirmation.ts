import { canonical, sha256 } from '../digest.ts'
import type { Json } from '../digest.ts'
import type { Mapping } from './mapping.ts'

/** Actions that a confirmation has shown on live rows. A resend needs no more than that the rows are read rightly. */
export const confirmable = ['resend', 'retry', 'resolve'] as const
export type Confirmable = (typeof confirmable)[number]

/** That an operator has seen what a mapping makes of live rows, and found it right. */
export interface Confirmation {
  readonly source: string
  readonly digest: string
  readonly operator: string
  readonly at: string
  readonly actions: readonly Confirmable[]
}

/**
 * What a confirmation is for: this mapping, on tables of this shape, at this address. Whatever of it changes has not
 * been seen by anybody.
 */
export function confirmationDigest(of: {
  readonly mapping: Mapping
  /** Digest of the tables as they are. */
  readonly shape: string
  readonly url: string
}): string {
  return sha256(canonical(of as unknown as Json))
}
