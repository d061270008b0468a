import { RedriveError } from '../../domain/errors.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { OutboxReport } from '../../ports/outbox.ts'
import { openStates } from '../outbox-sql/indexed.ts'
import { REPORT_TIMEOUT_MS, latency, writtenColumns } from '../outbox-sql/reporting.ts'
import type { Whole } from './parts.ts'

export async function reportOn(parts: Whole, signal: AbortSignal): Promise<OutboxReport> {
  const { session, mapping, catalogue } = parts
  const server = await session.server(signal)
  const statement = { text: 'select @@global.read_only as standby', values: [] }
  const [row] = await session.read(statement, REPORT_TIMEOUT_MS, signal)
  const served = parts.served()
  return {
    serverVersion: `${server.product} ${server.version}`,
    role: row?.['standby'] === '0' ? 'primary' : 'standby',
    latencyMs: await latency(parts, signal),
    table: `${catalogue.schema}.${catalogue.table}`,
    profile: mapping.profile,
    mappingDigest: mappingDigest(mapping),
    privileges: { select: await may(parts, 'select', signal), update: await may(parts, 'update', signal) },
    drift: await parts.drift.find(signal),
    readRoleCanWrite: await may(parts, 'delete', signal),
    indexed: openStates(mapping).every((state) => served.has(state)),
  }
}

/** A plan needs the same privileges as what is planned; roles make the server's own lists of them hard to read. */
async function may(
  whole: Whole,
  what: 'select' | 'update' | 'delete',
  signal: AbortSignal,
): Promise<boolean> {
  const texts = whole.members.flatMap(({ sql, mapping }) => {
    if (what === 'delete') return [`delete from ${sql.table} where false`]
    if (what === 'select') return [`select 1 from ${sql.table} where false`]
    const written = writtenColumns(mapping).map((name) => sql.dialect.quote(name))
    if (written.length === 0) return []
    return [
      `update ${sql.table} set ${written.map((column) => `${column} = ${column}`).join(', ')} where false`,
    ]
  })
  try {
    // Nothing is carried out: in a transaction that is taken back, and of no row.
    await whole.session.rehearse(async (work) => {
      for (const text of texts) await work.run({ text: `explain ${text}`, values: [] })
    }, signal)
    return texts.length > 0
  } catch (error) {
    if (error instanceof RedriveError && ['permission-denied', 'source-is-standby'].includes(error.code))
      return false
    throw error
  }
}
