import type { Outbox } from '../../ports/outbox.ts'
import type { Catalogues } from './catalogue.ts'
import { newCompiler } from './compiler.ts'
import { ALIAS } from './frame.ts'
import type { LookParts } from './parts.ts'

const STORED_TIMEOUT_MS = 5_000
const NO_LIMITS = { stuckAfterSec: 0, attemptsMax: 0 }

/** Looks message ids up where they are a column of one table. The types of the catalogues must cut nothing off. */
export function storedIds(
  { session, mapping, sql: { dialect } }: LookParts,
  catalogues: Catalogues,
): Outbox['stored'] {
  const { messageId } = mapping
  if (typeof messageId !== 'string' || catalogues.more.length > 0) return null
  const byMessage = { ...mapping, key: messageId }
  const sql = newCompiler(dialect, byMessage, catalogues, NO_LIMITS)
  return async (messageIds, signal) => {
    const known = messageIds.filter((id) => sql.key.has(id))
    if (known.length === 0) return new Set()
    const params = sql.newParams()
    const given = sql.dialect.given(sql.key.given(known), params)
    const text = `select distinct ${sql.key.list(ALIAS)} from ${given} join ${sql.table} ${ALIAS} on ${sql.key.equals(ALIAS, 'r')}`
    const rows = await session.read({ text, values: params.values }, STORED_TIMEOUT_MS, signal)
    return new Set(rows.map((row) => sql.key.idOf(row)))
  }
}
