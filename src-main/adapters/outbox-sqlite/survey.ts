import type { SurveyedTable } from '../../domain/mapping/surveyed.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import { SAMPLE_CHARS_MAX, SURVEY_TABLES_MAX } from '../../ports/survey.ts'
import type { Survey } from '../../ports/survey.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { SURVEY_TIMEOUT_MS, newSurvey } from '../outbox-sql/survey.ts'
import { parseAddress } from './address.ts'
import { requireCatalogue } from './catalogue.ts'
import { sqliteDialect } from './dialect.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

const TABLES = `
select m.name as name, m.sql as made from sqlite_schema m
where m.type = 'table' and m.name not like 'sqlite!_%' escape '!' order by m.name limit ${SURVEY_TABLES_MAX}`

const NULLABLE = `select x.name as name, x."notnull" as required from pragma_table_xinfo(@p1) x`

/** Looks through a file. Throws RedriveError as connecting does. */
export function openSqliteSurvey({ config }: { readonly config: Pick<SourceConfig, 'url'> }): Survey {
  const session = openSession(parseAddress(config.url))
  return newSurvey({
    dialect: sqliteDialect,
    session,
    tables: (signal) => tablesOf(session, signal),
    shown: (quoted) =>
      `substr(case typeof(${quoted}) when 'blob' then hex(${quoted}) else cast(${quoted} as text) end, 1, ${SAMPLE_CHARS_MAX})`,
  })
}

async function tablesOf(session: Session, signal: AbortSignal): Promise<readonly SurveyedTable[]> {
  const read = (text: string, values: readonly string[]): Promise<readonly Row[]> =>
    session.read({ text, values }, SURVEY_TIMEOUT_MS, signal)
  const found: SurveyedTable[] = []
  for (const { name: table, made } of await read(TABLES, [])) {
    const catalogue = await requireCatalogue(session, { table: table ?? '' }, signal)
    const required = new Set(
      (await read(NULLABLE, [catalogue.table]))
        .filter((row) => row['required'] === '1')
        .map((row) => row['name']),
    )
    found.push({
      schema: catalogue.schema,
      table: catalogue.table,
      comment: null,
      columns: [...catalogue.columns.values()].map(({ name, type }) => ({
        name,
        type,
        nullable: !required.has(name),
        comment: null,
        labels: allowedBy(made ?? '', name),
      })),
      keys: catalogue.keys,
    })
  }
  return found
}

/** CHECK (status IN ('a', 'b')) in the text that made the table. Any other check tells nothing. */
function allowedBy(made: string, column: string): readonly string[] {
  const named = column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(`check\\s*\\(\\s*["\`[]?${named}["\`\\]]?\\s+in\\s*\\(([^()]*)\\)`, 'i')
  const [, list = ''] = pattern.exec(made) ?? []
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"))
}
