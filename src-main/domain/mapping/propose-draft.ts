import type { Text, Words } from '../text.ts'
import type { Cells } from './codes.ts'
import type { ColumnForm, TimeName } from './mapping.ts'
import { kindOf } from './roles.ts'
import type { Roles } from './roles.ts'
import type { SurveyedColumn, SurveyedTable } from './surveyed.ts'

/** One thing that a proposed mapping says, and why. */
export interface Guess {
  /** Place in the mapping. */
  readonly at: string
  readonly says: Words
  readonly evidence: Text
  /** From 0 to 1. */
  readonly confidence: number
}

export interface Surveyed {
  readonly table: SurveyedTable
  readonly neighbours: readonly SurveyedTable[]
  /** A bounded sample. */
  readonly rows: readonly Cells[]
}

/** What is being put together, handed from one step to the next. */
export interface Draft extends Surveyed {
  readonly roles: Roles
  readonly forms: Record<string, ColumnForm>
  readonly guesses: Guess[]
  readonly times: Partial<Record<TimeName, string>>
}

/** The literal of a code in a column of this type. */
export function literalOf(column: SurveyedColumn, code: string): string | number {
  return kindOf(column) === 'number' ? Number(code) : code
}
