import type { Mapping } from '../mapping.ts'
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

/** The one place that reads the chain out of a mapping. Null where it has none. */
export function chainShapeOf(mapping: Mapping): ChainShape | null {
  return {
    rowKey: mapping.key,
    chain: mapping.chain.key,
    id: mapping.key,
    previousId: mapping.chain.previousId,
    numbers: 'linked',
  }
}
