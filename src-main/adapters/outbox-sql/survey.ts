import { RedriveError } from '../../domain/errors.ts'
import type { SurveyedColumn, SurveyedTable } from '../../domain/mapping/surveyed.ts'
import { SAMPLE_ROWS_MAX } from '../../ports/survey.ts'
import type { SampleRow, Survey } from '../../ports/survey.ts'
import type { Dialect } from './dialect.ts'
import type { Read, Statement } from './statement.ts'

export const SURVEY_TIMEOUT_MS = 10_000
const SAMPLE_TIMEOUT_MS = 3_000
/** A table with more columns than this is no outbox; the rest is not sampled. */
const SAMPLE_COLUMNS_MAX = 100

export interface SurveyServer {
  readonly dialect: Dialect
  readonly session: { readonly read: Read; close(): Promise<void> }
  tables(signal: AbortSignal): Promise<readonly SurveyedTable[]>
  /** What a sample shows of a column, `quoted`: its text, cut at SAMPLE_CHARS_MAX. */
  shown(quoted: string, column: SurveyedColumn): string
}

/** Looks through one server. */
export function newSurvey(server: SurveyServer): Survey {
  return {
    tables: (signal) => server.tables(signal),
    sample: (table, signal) => sampleOf(server, table, signal),
    close: () => server.session.close(),
  }
}

async function sampleOf(
  server: SurveyServer,
  table: SurveyedTable,
  signal: AbortSignal,
): Promise<readonly SampleRow[]> {
  const halves = table.keys[0] === undefined ? [''] : ['desc', 'asc']
  const found: SampleRow[] = []
  for (const order of halves) {
    try {
      const statement = sampleStatement(server, table, { order, rows: SAMPLE_ROWS_MAX / halves.length })
      const rows = await server.session.read(statement, SAMPLE_TIMEOUT_MS, signal)
      found.push(
        ...rows.map((row) =>
          Object.fromEntries(sampled(table).map(({ name }, place) => [name, row[`c${place}`] ?? null])),
        ),
      )
    } catch (error) {
      if (!(error instanceof RedriveError) || error.code !== 'query-timeout') throw error
    }
  }
  return distinct(found, table)
}

function sampled({ columns }: SurveyedTable): readonly SurveyedColumn[] {
  return columns.slice(0, SAMPLE_COLUMNS_MAX)
}

function sampleStatement(
  server: SurveyServer,
  table: SurveyedTable,
  { order, rows }: { readonly order: string; readonly rows: number },
): Statement {
  const { dialect } = server
  const columns = sampled(table).map(
    (column, place) => `${server.shown(dialect.quote(column.name), column)} as c${place}`,
  )
  const by = (table.keys[0] ?? []).map((name) => `${dialect.quote(name)} ${order}`)
  return {
    text:
      `select ${columns.join(', ')} from ${dialect.quote(table.schema)}.${dialect.quote(table.table)} ` +
      `${by.length === 0 ? '' : `order by ${by.join(', ')} `}limit ${Math.floor(rows)}`,
    values: [],
  }
}

/** A small table has the same rows at both ends. */
function distinct(rows: readonly SampleRow[], { keys }: SurveyedTable): readonly SampleRow[] {
  const [key] = keys
  if (key === undefined) return rows
  return [...new Map(rows.map((row) => [JSON.stringify(key.map((name) => row[name])), row])).values()]
}
