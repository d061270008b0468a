import type { Mapping } from '../domain/mapping/mapping.ts'
import type { SurveyedTable } from '../domain/mapping/surveyed.ts'
import type { Text } from '../domain/text.ts'

export interface KnownLayout {
  readonly profile: string
  /** From 0 to 1. */
  readonly score: number
  readonly reasons: readonly Text[]
  readonly writes: 'needs-confirmation' | 'refused'
  /** In the table's own spelling. */
  readonly mapping: Mapping
}

/** The layouts that Redrive knows. Pure: looks at nothing but what it is given. */
export interface Layouts {
  /** Which of them the table may have, best first, all rivals. The table's name says nothing. */
  detect(table: SurveyedTable, neighbours: readonly SurveyedTable[]): readonly KnownLayout[]
  /** Redrive's own layout, whose meaning nobody has to confirm: it is defined by Redrive. */
  isOwn(mapping: Mapping): boolean
}
