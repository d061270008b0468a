import { RedriveError } from '../../domain/errors.ts'

/** What is written where the decision was found already applied: the row no longer says what it held before. */
export const BEFORE_UNKNOWN = 'null'

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
