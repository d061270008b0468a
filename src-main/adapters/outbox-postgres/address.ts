import { RedriveError } from '../../domain/errors.ts'

export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

const PORT_DEFAULT = 5432

/**
 * Reads postgres://user@host:port/database. Everything has to be said: what is absent would be filled in by the
 * driver from PG* variables of the environment, and the operator would act on another database than the one shown.
 * Throws RedriveError `workspace-invalid`.
 */
export function parseAddress(url: string): PostgresAddress {
  if (!URL.canParse(url)) throw invalid('not a URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') throw invalid('not postgres://')
  if (parsed.password !== '') throw invalid('a password has no place in the url, use "password"')
  if (parsed.search !== '' || parsed.hash !== '')
    throw invalid('options after ? or # are not read, use "tls"')
  // A directory of a Unix socket is written percent-encoded: postgres://user@%2Frun%2Fpostgresql/shop
  const host = decode(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), 'host')
  const user = decode(parsed.username, 'user')
  const database = decode(parsed.pathname.slice(1), 'database')
  return { host, user, database, port: parsed.port === '' ? PORT_DEFAULT : Number(parsed.port) }
}

function decode(text: string, part: string): string {
  if (text === '') throw invalid(`no ${part}`)
  try {
    const decoded = decodeURIComponent(text)
    // A NUL ends a field of the start-up packet: what follows would be read as another one.
    if (decoded.includes('\0')) throw invalid(`a NUL in the ${part}`)
    return decoded
  } catch (error) {
    if (error instanceof RedriveError) throw error
    throw invalid(`the ${part} is not well percent-encoded`)
  }
}

function invalid(reason: string): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { at: 'url', problem: reason })
}

export interface TableName {
  /** Null: the first one on the search path. */
  readonly schema: string | null
  readonly table: string
}

const TABLE_NAME = /^(?:(?:"((?:[^"]|"")+)"|([^".]+))\.)?(?:"((?:[^"]|"")+)"|([^".]+))$/su

/**
 * Reads `table` or `schema.table`. Names are as in the catalogue, upper and lower case kept; one with a dot or a quote
 * in it is quoted as in SQL. Throws RedriveError `workspace-invalid`.
 */
export function parseTableName(text: string): TableName {
  const match = TABLE_NAME.exec(text)
  if (match === null || text.includes('\0')) {
    throw new RedriveError('workspace-invalid', 'never', {
      at: 'outbox.table',
      problem: 'this is no name of a table',
    })
  }
  const [, quotedSchema, schema, quotedTable, table] = match
  return {
    schema: quotedSchema?.replaceAll('""', '"') ?? schema ?? null,
    table: quotedTable?.replaceAll('""', '"') ?? table ?? '',
  }
}
