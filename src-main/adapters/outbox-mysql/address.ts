import { RedriveError } from '../../domain/errors.ts'
import { parseServerAddress } from '../outbox-sql/address.ts'
import type { ServerAddress } from '../outbox-sql/address.ts'

const PORT_DEFAULT = 3306

/** Reads mysql://user@host:port/database. Throws RedriveError `workspace-invalid`. */
export function parseAddress(url: string): ServerAddress {
  return parseServerAddress('mysql', url, PORT_DEFAULT)
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
