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

/**
 * SQL that makes a role which can read one table and write only what Redrive writes.
 * The password is not in it: `\password` of psql asks for it, so it lands in no log and no history.
 */
export function leastPrivilegeSql(options: {
  readonly role: string
  readonly database: string
  readonly table: string
  readonly profile: string
}): string {
  const { schema, name } = tableParts(options.table)
  const role = quoted(options.role)
  const table = `${quoted(schema)}.${quoted(name)}`
  const columns = options.profile === REFERENCE_PROFILE ? ` (${WRITTEN_COLUMNS.join(', ')})` : ''
  return [
    `create role ${role} login nosuperuser nocreatedb nocreaterole;`,
    `-- then in psql: \\password ${role}`,
    `grant connect on database ${quoted(options.database)} to ${role};`,
    `grant usage on schema ${quoted(schema)} to ${role};`,
    `grant select, update${columns} on ${table} to ${role};`,
  ].join('\n')
}
