import type { Catalogue, Column } from '../outbox-sql/catalogue.ts'

const BOUNDED = /^(character varying|character|numeric)\(\d+(,\d+)?\)$/
const UNBOUNDED: Readonly<Record<string, string>> = {
  'character varying': 'character varying',
  character: 'bpchar',
  numeric: 'numeric',
}

/**
 * The same table with types that cut nothing off. A cast to `character varying(36)` shortens a longer text without a word:
 * an id that comes from elsewhere would be found under the name of another.
 */
export function unbounded(catalogue: Catalogue): Catalogue {
  const columns = [...catalogue.columns].map(([name, column]): [string, Column] => {
    const [, kind] = BOUNDED.exec(column.type) ?? []
    return [name, kind === undefined ? column : { ...column, type: UNBOUNDED[kind] ?? column.type }]
  })
  return { ...catalogue, columns: new Map(columns) }
}
