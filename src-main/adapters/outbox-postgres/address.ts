import { RedriveError } from '../../domain/errors.ts'
import { parseServerAddress } from '../outbox-sql/address.ts'
import type { ServerAddress } from '../outbox-sql/address.ts'

const PORT_DEFAULT = 5432

/** Reads postgres://user@host:port/database. Throws RedriveError `workspace-invalid`. */
export function parseAddress(url: string): ServerAddress {
  return parseServerAddress('postgres', url, PORT_DEFAULT)
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
