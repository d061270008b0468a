import type { LookedLetter } from '../../domain/dead-letter/look.ts'

export type FoundLetter = Omit<LookedLetter, 'isNew'>

export interface Found {
  readonly letters: readonly FoundLetter[]
  /** There was no more. */
  readonly complete: boolean
}
