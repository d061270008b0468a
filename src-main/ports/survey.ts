import type { SurveyedTable } from '../domain/mapping/surveyed.ts'
import type { SourceConfig } from '../domain/workspace.ts'
import type { PasswordSource } from './drivers.ts'
import type { SourceLoad } from './load.ts'

/** Tables of one survey at most: a database with more is surveyed schema by schema. */
export const SURVEY_TABLES_MAX = 500
/** Rows of one sample at most, newest and oldest together. */
export const SAMPLE_ROWS_MAX = 1_000
/** Characters of a value that a sample holds at most. */
export const SAMPLE_CHARS_MAX = 300

/** Column → the server's text, cut at SAMPLE_CHARS_MAX. */
export type SampleRow = Readonly<Record<string, string | null>>

/**
 * Looks through a database that nobody has mapped yet. Only reads, on a connection that cannot write; every statement
 * has a time limit on the server. Throws RedriveError with `later` or `never`: nothing has happened.
 */
export interface Survey {
  /** From the catalogue alone, at most SURVEY_TABLES_MAX; without the server's own. */
  tables(signal: AbortSignal): Promise<readonly SurveyedTable[]>
  /** Newest and oldest rows by key; any rows of a table without one. Where time is up it has what it has: nothing. */
  sample(table: SurveyedTable, signal: AbortSignal): Promise<readonly SampleRow[]>
  close(): Promise<void>
}

/** Connects. Throws what opening an outbox can throw for its address. */
export type OpenSurvey = (
  options: { readonly config: SourceConfig; readonly password: PasswordSource; readonly load: SourceLoad },
  signal: AbortSignal,
) => Promise<Survey>
