import { RedriveError } from '../../domain/errors.ts'

export type Order = 'newest' | 'oldest'

/** Where the next page begins. */
export interface Position {
  readonly order: Order
  /** Last id that was looked at; null: before the first one. */
  readonly after: string | null
  /** Go on in slices even where an index was there: one statement took too long. */
  readonly sliced: boolean
}

export function writeCursor({ order, after, sliced }: Position): string {
  return Buffer.from(`1:${order}:${sliced ? 's' : 'd'}:${after ?? ''}`).toString('base64url')
}

const CURSOR = /^1:(newest|oldest):([sd]):(-?\d{1,19})?$/

/** Throws RedriveError `usage` where the cursor is none, or is of a list in the other order. */
export function readCursor(cursor: string | null, order: Order): Position {
  if (cursor === null) return { order, after: null, sliced: false }
  const match = CURSOR.exec(Buffer.from(cursor, 'base64url').toString())
  if (match === null || match[1] !== order) {
    throw new RedriveError('usage', 'never', { problem: 'This cursor belongs to another list.' })
  }
  return { order, after: match[3] ?? null, sliced: match[2] === 's' }
}
