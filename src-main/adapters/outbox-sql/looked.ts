import type { Looked } from '../../ports/outbox.ts'
import { ALIAS } from './frame.ts'
import type { LookParts } from './parts.ts'
import { boundsOf } from './selection.ts'
import type { SliceRange } from './slice-look.ts'
import { orTimeout } from './slices.ts'

const ABOUT_TIMEOUT_MS = 500

/** Rows that a slice had to pass, whatever was found in them: of the key's index alone. */
export async function rowsWithin(
  { session, sql }: LookParts,
  order: 'newest' | 'oldest',
  range: SliceRange,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const params = sql.newParams()
  const bounds = boundsOf({ order, ...range }, sql, params)
  const where = bounds.length === 0 ? 'true' : bounds.join(' and ')
  const text = `select count(*) as n from ${sql.table} ${ALIAS} where ${where}`
  const [row] = await session.read({ text, values: params.values }, timeoutMs, signal)
  return Number(row?.['n'] ?? 0)
}

/** With about how many rows there are. What the server remembers is left out where it is plainly too small. */
export async function lookedOf(
  { session, sql }: LookParts,
  rows: number,
  signal: AbortSignal,
): Promise<Looked> {
  const params = sql.newParams()
  const text = sql.dialect.rowsAbout(sql.tables, params)
  if (text === null) return { rows, ofAbout: null }
  const told = await orTimeout(session.read({ text, values: params.values }, ABOUT_TIMEOUT_MS, signal))
  const about = told === 'timeout' ? 0 : Number(told[0]?.['n'] ?? 0)
  return { rows, ofAbout: about >= rows ? about : null }
}
