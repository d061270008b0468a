import type { SurveyedColumn, SurveyedTable } from '../../domain/mapping/surveyed.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { unlimited } from '../../ports/load.ts'
import type { SourceLoad } from '../../ports/load.ts'
import { SAMPLE_CHARS_MAX, SURVEY_TABLES_MAX } from '../../ports/survey.ts'
import type { Survey } from '../../ports/survey.ts'
import type { Row } from '../outbox-sql/statement.ts'
import { SURVEY_TIMEOUT_MS, newSurvey } from '../outbox-sql/survey.ts'
import { parseAddress } from './address.ts'
import { keysOf, typeOf } from './catalogue.ts'
import { tlsFrom } from './connection.ts'
import { mysqlDialect } from './dialect.ts'
import type { Server } from './server.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'

/** A database of this server is what a schema is elsewhere: the address names the one that is looked through. */
const COLUMNS = `
select database() as here, t.table_schema as s, t.table_name as t, t.table_comment as about, c.column_name as name,
  c.column_type as type, c.is_nullable as nullable, c.column_comment as comment
from (select table_schema, table_name, table_comment from information_schema.tables
  where table_schema = database() and table_type = 'BASE TABLE' order by table_name limit ${SURVEY_TABLES_MAX}) t
join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
where find_in_set('select', c.privileges) > 0 order by t.table_name, c.ordinal_position`

const INDEXES = `
select s.table_schema as s, s.table_name as t, s.index_name as name, s.non_unique as doubles, s.column_name as col,
  s.sub_part as part, s.nullable as nullable
from information_schema.statistics s where s.table_schema = database() and s.non_unique = 0
order by s.index_name = 'PRIMARY' desc, s.index_name, s.seq_in_index`

/** On MySQL the name of a check is one of the database, and its table is said elsewhere. */
const CHECKS: Readonly<Record<Server['product'], string>> = {
  MariaDB: `
select c.constraint_schema as s, c.table_name as t, c.check_clause as clause
from information_schema.check_constraints c where c.constraint_schema = database()`,
  MySQL: `
select c.constraint_schema as s, k.table_name as t, c.check_clause as clause
from information_schema.check_constraints c
join information_schema.table_constraints k on k.constraint_schema = c.constraint_schema
  and k.constraint_name = c.constraint_name and k.constraint_type = 'CHECK'
where c.constraint_schema = database()`,
}

/** Looks through a database. Throws RedriveError as connecting does. */
export async function openMysqlSurvey({
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
    dialect: mysqlDialect,
    session,
    tables: (signal) => tablesOf(session, signal),
    shown: shownColumn,
  })
}

async function tablesOf(session: Session, signal: AbortSignal): Promise<readonly SurveyedTable[]> {
  const read = (text: string): Promise<readonly Row[]> =>
    session.read({ text, values: [] }, SURVEY_TIMEOUT_MS, signal)
  const { product } = await session.server(signal)
  // The catalogue compares names without their case, and the names of two databases may differ by it only.
  const columns = (await read(COLUMNS)).filter((row) => row['s'] === row['here'])
  const [indexes, checks] = [await read(INDEXES), await read(CHECKS[product])]
  return [...Map.groupBy(columns, (row) => row['t'] ?? '')].map(([table, own]) => {
    const schema = own[0]?.['s'] ?? ''
    const mine = (row: Row): boolean => row['s'] === schema && row['t'] === table
    const clauses = checks.filter(mine).map((row) => unescaped(product, row['clause'] ?? ''))
    const about = own[0]?.['about'] ?? ''
    return {
      schema,
      table,
      comment: about === '' ? null : about,
      columns: own.map((row) => columnOf(row, clauses)),
      keys: keysOf(indexes.filter(mine)).map((key) => key.columns),
    }
  })
}

function columnOf(row: Row, clauses: readonly string[]): SurveyedColumn {
  const [name, type, comment] = [row['name'] ?? '', typeOf(row['type'] ?? ''), row['comment'] ?? '']
  const [, listed] = /^(?:enum|set)\((.*)\)$/s.exec(type) ?? []
  return {
    name,
    type,
    nullable: row['nullable'] === 'YES',
    comment: comment === '' ? null : comment,
    labels: listed === undefined ? clauses.flatMap((clause) => allowedBy(clause, name)) : literalsIn(listed),
  }
}

/** MySQL keeps the text of a check with its quotes escaped once more. */
function unescaped(product: Server['product'], clause: string): string {
  return product === 'MySQL' ? clause.replace(/\\(.)/gs, '$1') : clause
}

/** CHECK (status IN (…)) as the server writes it back. Any other check tells nothing. */
function allowedBy(clause: string, column: string): readonly string[] {
  const [, quoted, list] = /^\(?(`(?:[^`]|``)+`) in \((.*?)\)*$/s.exec(clause) ?? []
  return quoted === mysqlDialect.quote(column) && list !== undefined ? literalsIn(list) : []
}

function literalsIn(list: string): readonly string[] {
  return [...list.matchAll(/'((?:[^'\\]|\\.|'')*)'/gs)].map(([, text = '']) =>
    text.replaceAll("''", "'").replace(/\\(.)/gs, '$1'),
  )
}

/** Bytes as digits, so that a half of a character is none; a BIT as its number. */
function shownColumn(quoted: string, { type }: SurveyedColumn): string {
  if (mysqlDialect.isBytes(type)) return `concat('0x', hex(left(${quoted}, ${(SAMPLE_CHARS_MAX - 2) / 2})))`
  if (/^bit/.test(type)) return `cast(${quoted} as unsigned)`
  return `left(${mysqlDialect.asText(quoted)}, ${SAMPLE_CHARS_MAX})`
}
