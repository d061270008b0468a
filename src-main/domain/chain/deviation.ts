/** A message's place in its chain. */
export interface ChainRow {
  readonly id: string
  readonly previousId: string | null
}

/**
 * A message that does not simply follow the one before it in the order of ids, with what its source knows of the
 * predecessor that it names. Damage of a chain shows in its deviations only, so a chain of a million messages with one
 * hole is one deviation.
 */
export interface Deviation extends ChainRow {
  readonly chain: string
  /** Id of the message before it in the order of ids; null: it is the first one of its chain. */
  readonly before: string | null
  /** The chain holds the predecessor. */
  readonly previousExists: boolean
  /** Smallest id of a message with this predecessor. */
  readonly firstUser: string | null
  /** The same among ids greater than the predecessor's. */
  readonly firstUserAbove: string | null
}

export type Link =
  /** The chain begins with it. */
  | 'head'
  /** It names the message before it. */
  | 'linked'
  /** The message before it has the same id. */
  | 'copy'
  | 'deviates'

/** How a message follows the one before it in the order of ids. All that an ordered pass has to remember is that one. */
export function linkAfter(before: string | null, { id, previousId }: ChainRow): Link {
  if (before === id) return 'copy'
  if (before === previousId) return before === null ? 'head' : 'linked'
  return 'deviates'
}

/** Places of deviations in an ordered chain, with memory for one message. */
export function* deviating<Row extends ChainRow>(
  rows: Iterable<Row>,
): Generator<{ readonly row: Row; readonly before: string | null }> {
  let before: string | null = null
  for (const row of rows) {
    const link = linkAfter(before, row)
    if (link === 'copy' || link === 'deviates') yield { row, before }
    before = row.id
  }
}
