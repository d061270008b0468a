import { RedriveError } from '../../domain/errors.ts'

export type Order = 'newest' | 'oldest'

/** Where the next page begins. */
export interface Position {
  readonly order: Order
  /** Last place that was looked at; null: before the first one. */
  readonly after: string | null
  /** Go on in slices even where an index was there: one statement took too long. */
  readonly sliced: boolean
  /** Rows that a search has passed until here. Absent: none were counted. */
  readonly looked?: number
}

export function writeCursor({ order, after, sliced, looked }: Position): string {
  return Buffer.from(`1:${order}:${sliced ? 's' : 'd'}${looked ?? ''}:${after ?? ''}`).toString('base64url')
}

const CURSOR = /^1:(newest|oldest):([sd])(\d{0,15}):(.*)$/s

/** Throws RedriveError `usage` where the cursor is none, or is of a list in the other order or of another outbox. */
export function readCursor(
  cursor: string | null,
  order: Order,
  parse: (place: string) => string | null,
): Position {
  if (cursor === null) return { order, after: null, sliced: false }
  const match = CURSOR.exec(Buffer.from(cursor, 'base64url').toString())
  const [, of, sliced, looked = '', place = ''] = match ?? []
  const after = place === '' ? null : parse(place)
  if (of !== order || (place !== '' && after === null)) {
    throw new RedriveError('usage', 'never', { problem: 'This cursor belongs to another list.' })
  }
  return { order, after, sliced: sliced === 's', ...(looked === '' ? {} : { looked: Number(looked) }) }
}
