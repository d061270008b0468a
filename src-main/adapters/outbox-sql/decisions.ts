import { RedriveError } from '../../domain/errors.ts'
import type { MappingAssignments } from '../../domain/mapping/values.ts'

/** What is written where the decision was found already applied: the row no longer says what it held before. */
export const BEFORE_UNKNOWN = 'null'

/** The column that says whose decision it was; null: none does. */
export function tokenColumnIn(set: MappingAssignments): string | null {
  const found = Object.entries(set).find(
    ([, value]) => typeof value === 'object' && value !== null && 'is' in value && value.is === 'token',
  )
  return found?.[0] ?? null
}

/** Throws RedriveError `undo-too-late`. */
export function readImage(before: string): Readonly<Record<string, string | null>> {
  try {
    return JSON.parse(before) as Record<string, string | null>
  } catch (error) {
    throw new RedriveError(
      'undo-too-late',
      'never',
      { reason: 'the image of the row is damaged' },
      { cause: error },
    )
  }
}
