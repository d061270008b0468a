import { canonical, sha256 } from '../../domain/digest.ts'
import type { Json } from '../../domain/digest.ts'
import { nameOf } from './catalogue.ts'
import type { Catalogue, Catalogues } from './catalogue.ts'

/**
 * All columns count, also those that the mapping does not name: a framework's new column for a lease or a block is one
 * that a retry may have to set.
 */
export function shapeOf({ own, more, companions }: Catalogues): string {
  const tables = [own, ...more, ...[...companions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)]
  return sha256(canonical(tables.map(tableShape) as unknown as Json))
}

function tableShape(catalogue: Catalogue): object {
  return {
    table: nameOf(catalogue),
    columns: [...catalogue.columns.values()]
      .map(({ name, type, computed }) => [name, type, computed] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    keys: catalogue.keys.map((key) => key.join('\n')).sort((a, b) => (a < b ? -1 : 1)),
  }
}
