import type { SurveyedTable } from '../../domain/mapping/surveyed.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import { SAMPLE_CHARS_MAX, SURVEY_TABLES_MAX } from '../../ports/survey.ts'
import type { Survey } from '../../ports/survey.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { SURVEY_TIMEOUT_MS, newSurvey } from '../outbox-sql/survey.ts'
import { parseAddress } from './address.ts'
import { tlsFrom } from '../postgres-client/connection.ts'
import { postgresDialect } from './dialect.ts'
import { openSession } from './session.ts'

const TABLES = `
select n.nspname as schema, c.relname as "table", obj_description(c.oid, 'pg_class') as comment,
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'nullable', not a.attnotnull, 'comment', col_description(c.oid, a.attnum),
      'labels', coalesce((select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = a.atttypid), '[]'),
      'checks', coalesce((select json_agg(pg_get_constraintdef(k.oid)) from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]), '[]')) order by a.attnum)
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select json_agg(key order by first desc) from (
    select i.indisprimary as first,
      (select json_agg(m.attname order by array_position(i.indkey::int2[], m.attnum)) from pg_attribute m
        where m.attrelid = i.indrelid and array_position(i.indkey::int2[], m.attnum) is not null) as key
    from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null
      and i.indexprs is null
      and not exists (select from pg_attribute m where m.attrelid = i.indrelid and not m.attnotnull
        and array_position(i.indkey::int2[], m.attnum) is not null)) k) as keys
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_' and has_table_privilege(c.oid, 'select')
order by n.nspname, c.relname limit $1::bigint`

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly comment: string | null
  readonly labels: readonly string[]
  readonly checks: readonly string[]
}

/** Looks through a database. Throws RedriveError as connecting does. */
export async function openPostgresSurvey({
  config,
  password,
  load = unlimited,
}: {
  readonly config: Pick<SourceConfig, 'url' | 'tls'>
  /** '' where there is none. */
  readonly password: Password
  /** Limits of the source, shared by all that opens something of it. Absent: none. */
  readonly load?: SourceLoad
}): Promise<Survey> {
  const address = parseAddress(config.url)
  const session = openSession({ address, password, tls: await tlsFrom(config.tls, address) }, load)
  return newSurvey({
    dialect: postgresDialect,
    session,
    async tables(signal) {
      const statement = { text: TABLES, values: [String(SURVEY_TABLES_MAX)] }
      return (await session.read(statement, SURVEY_TIMEOUT_MS, signal)).map(tableOf)
    },
    shown: (quoted) => `left(${quoted}::text, ${SAMPLE_CHARS_MAX})`,
  })
}

function tableOf(row: Row): SurveyedTable {
  const columns = (JSON.parse(row['columns'] ?? '[]') ?? []) as readonly ColumnRow[]
  return {
    schema: row['schema'] ?? '',
    table: row['table'] ?? '',
    comment: row['comment'] ?? null,
    columns: columns.map(({ checks, labels, ...column }) => ({
      ...column,
      labels: labels.length > 0 ? labels : checks.flatMap(allowedBy),
    })),
    keys: (JSON.parse(row['keys'] ?? '[]') ?? []) as string[][],
  }
}

/** CHECK (status IN (…)) as the server writes it back. Any other check tells nothing. */
function allowedBy(check: string): readonly string[] {
  if (!/= ANY \(/.test(check)) return []
  return [...check.matchAll(/'((?:[^']|'')*)'::/g)].map(([, text = '']) => text.replaceAll("''", "'"))
}
