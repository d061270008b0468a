import type { Mapping } from '../mapping/mapping.ts'
import type { Field } from '../mapping/values.ts'
import type { ChainNumbers } from './finding.ts'

/** Which columns of a table make its chains. */
export interface ChainShape {
  /** The row's own key: unique, and growing as rows are stored. */
  readonly rowKey: string
  /** The ordering key. Rows without one are in no chain. */
  readonly chain: string
  /** Number of a message within its chain. */
  readonly id: string
  /** Null where messages only have numbers. */
  readonly previousId: string | null
  readonly numbers: ChainNumbers
}

/**
 * The one place that reads the chain out of a mapping. Null where it has none, or one that is not simply columns of one
 * whole table: an audit that left rows out, or took too many, would tell of holes that are none. A mapping does not say
 * whether bare numbers are without holes, so they are only held to grow.
 */
export function chainShapeOf(mapping: Mapping): ChainShape | null {
  const { key, chain, tables, scope, deleted } = mapping
  if (typeof key !== 'string' || chain === undefined) return null
  if (tables !== undefined || scope !== undefined || deleted !== undefined) return null
  const group = columnOf(chain.key)
  const previousId = columnOf(chain.previousId)
  const sequence = columnOf(chain.sequence)
  if (group === null) return null
  if (previousId !== null) return { rowKey: key, chain: group, id: key, previousId, numbers: 'linked' }
  if (sequence === null) return null
  return { rowKey: key, chain: group, id: sequence, previousId: null, numbers: 'growing' }
}

function columnOf(field: Field | undefined): string | null {
  return typeof field === 'string' ? field : null
}
