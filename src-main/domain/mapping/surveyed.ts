export interface SurveyedColumn {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly comment: string | null
  /** Values that the type or a CHECK allows, where the catalogue lists them. */
  readonly labels: readonly string[]
}

/** What the catalogue tells of a table that nobody has mapped yet. */
export interface SurveyedTable {
  readonly schema: string
  readonly table: string
  readonly comment: string | null
  readonly columns: readonly SurveyedColumn[]
  /** Sets of columns that identify a row, the primary key first. */
  readonly keys: readonly (readonly string[])[]
}
