import type { SourceDriver } from '../../../src-preload/contract/connections.ts'

/** Columns that Redrive writes in the reference layout: those its claim, mark, release and resolve assign. */
const WRITTEN_COLUMNS = ['status', 'attempts', 'next_attempt_at', 'last_error', 'updated_at'] as const
const REFERENCE_PROFILE = 'redrive-reference'

const SCHEMA_DEFAULT = 'public'

function quoted(identifier: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(identifier) ? identifier : `"${identifier.replaceAll('"', '""')}"`
}

/** The names of a table as it is written in the form: `schema.table`, quoted parts included. */
function tableParts(table: string): { schema: string; name: string } {
  const parts = [...table.matchAll(/"((?:[^"]|"")+)"|([^.]+)/g)].map(
    ([, quotedPart, plain]) => quotedPart?.replaceAll('""', '"') ?? plain ?? '',
  )
  const [first = '', second] = parts
  return second === undefined ? { schema: SCHEMA_DEFAULT, name: first } : { schema: first, name: second }
}

interface Options {
  readonly kind: SourceDriver
  readonly role: string
  readonly database: string
  readonly table: string
  readonly profile: string
}

/**
 * SQL that makes a role which can read one table and write only what Redrive writes.
 * The password is not in it, so that it lands in no log and no history.
 */
export function leastPrivilegeSql(options: Options): string {
  if (options.kind !== 'postgres' && options.kind !== 'mysql') return ''
  return (options.kind === 'mysql' ? onMysql(options) : onPostgres(options)).join('\n')
}

function columnsOf({ profile }: Options): string {
  return profile === REFERENCE_PROFILE ? ` (${WRITTEN_COLUMNS.join(', ')})` : ''
}

function onPostgres(options: Options): readonly string[] {
  const { schema, name } = tableParts(options.table)
  const role = quoted(options.role)
  const table = `${quoted(schema)}.${quoted(name)}`
  return [
    `create role ${role} login nosuperuser nocreatedb nocreaterole;`,
    `-- then in psql: \\password ${role}`,
    `grant connect on database ${quoted(options.database)} to ${role};`,
    `grant usage on schema ${quoted(schema)} to ${role};`,
    `grant select, update${columnsOf(options)} on ${table} to ${role};`,
  ]
}

/** The report names the table with its database; either may have a dot in its name. */
function onMysql(options: Options): readonly string[] {
  const { role, database, table } = options
  const [schema, name] = table.startsWith(`${database}.`)
    ? [database, table.slice(database.length + 1)]
    : [table.slice(0, table.indexOf('.')), table.slice(table.indexOf('.') + 1)]
  const ticked = (text: string): string => `\`${text.replaceAll('`', '``')}\``
  const user = `'${role}'@'%'`
  return [
    `create user ${user} identified by '…';`,
    `grant select, update${columnsOf(options)} on ${ticked(schema)}.${ticked(name)} to ${user};`,
  ]
}
