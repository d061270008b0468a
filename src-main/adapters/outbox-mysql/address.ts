import { RedriveError } from '../../domain/errors.ts'

export interface MysqlAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

const PORT_DEFAULT = 3306

/** Reads mysql://user@host:port/database. Everything but the port has to be said. Throws RedriveError `workspace-invalid`. */
export function parseAddress(url: string): MysqlAddress {
  if (!URL.canParse(url)) throw invalid('not a URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'mysql:' && parsed.protocol !== 'mariadb:') throw invalid('not mysql://')
  if (parsed.password !== '') throw invalid('a password has no place in the url, use "password"')
  if (parsed.search !== '' || parsed.hash !== '')
    throw invalid('options after ? or # are not read, use "tls"')
  // A Unix socket is written percent-encoded: mysql://user@%2Frun%2Fmysqld%2Fmysqld.sock/shop
  const host = decode(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), 'host')
  const user = decode(parsed.username, 'user')
  const database = decode(parsed.pathname.slice(1), 'database')
  return { host, user, database, port: parsed.port === '' ? PORT_DEFAULT : Number(parsed.port) }
}

function decode(text: string, part: string): string {
  if (text === '') throw invalid(`no ${part}`)
  try {
    const decoded = decodeURIComponent(text)
    // A NUL ends a field of the log-in packet: what follows would be read as another one.
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
  /** Null: the database of the address. */
  readonly schema: string | null
  readonly table: string
}

const PART = '(?:`((?:[^`]|``)+)`|"((?:[^"]|"")+)"|([^`".]+))'
const TABLE_NAME = new RegExp(`^(?:${PART}\\.)?${PART}$`, 'su')
const PLAIN = /^[^`"]+$/su

/**
 * Reads `table` or `database.table`, a name with a dot or a quote in it quoted as in SQL. A table may have a dot in its
 * name, and some frameworks make such ones: without quotes `cap.published` is first looked for as one name. The answers
 * are in the order in which they are to be tried. Throws RedriveError `workspace-invalid`.
 */
export function parseTableNames(text: string): readonly TableName[] {
  const whole = PLAIN.test(text) && text.includes('.') ? [{ schema: null, table: text }] : []
  const match = text.includes('\0') ? null : TABLE_NAME.exec(text)
  const split = match === null ? [] : [partsOf(match)]
  if (whole.length + split.length > 0 && !text.includes('\0')) return [...whole, ...split]
  throw new RedriveError('workspace-invalid', 'never', {
    at: 'outbox.table',
    problem: 'this is no name of a table',
  })
}

function partsOf(match: RegExpExecArray): TableName {
  const [, ticked, quoted, plain, tickedTable, quotedTable, plainTable] = match
  const name = (tick: string | undefined, quote: string | undefined, bare: string | undefined) =>
    tick?.replaceAll('``', '`') ?? quote?.replaceAll('""', '"') ?? bare ?? null
  return {
    schema: name(ticked, quoted, plain),
    table: name(tickedTable, quotedTable, plainTable) ?? '',
  }
}
