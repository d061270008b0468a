import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Catalogues } from '../outbox-sql/catalogue.ts'
import { newCompiler } from '../outbox-sql/compiler.ts'
import { ALIAS } from '../outbox-sql/frame.ts'
import { postgresDialect } from './dialect.ts'
import type { Session } from './session.ts'
import { unbounded } from './unbounded.ts'

const STORED_TIMEOUT_MS = 5_000
const NO_LIMITS = { stuckAfterSec: 0, attemptsMax: 0 }

/** Looks message ids up where they are a column of one table. */
export function storedIds(session: Session, mapping: Mapping, catalogues: Catalogues): Outbox['stored'] {
  const { messageId } = mapping
  if (typeof messageId !== 'string' || catalogues.more.length > 0) return null
  const own = unbounded(catalogues.own)
  const byMessage = { ...mapping, key: messageId }
  const sql = newCompiler(postgresDialect, byMessage, { ...catalogues, own }, NO_LIMITS)
  return async (messageIds, signal) => {
    const known = messageIds.filter((id) => sql.key.parts(id) !== null)
    if (known.length === 0) return new Set()
    const params = sql.newParams()
    const given = sql.dialect.given(sql.key.given(known, params))
    const text = `select distinct ${sql.key.list(ALIAS)} from ${given} join ${sql.table} ${ALIAS} on ${sql.key.equals(ALIAS, 'r')}`
    const rows = await session.read({ text, values: params.values }, STORED_TIMEOUT_MS, signal)
    return new Set(rows.map((row) => sql.key.idOf(row)))
  }
}
