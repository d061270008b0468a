import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { OutboxReport } from '../../ports/outbox.ts'
import { openStates } from '../outbox-sql/indexed.ts'
import { REPORT_TIMEOUT_MS, latency, writtenColumns } from '../outbox-sql/reporting.ts'
import type { Whole } from './parts.ts'

export async function reportOn(parts: Whole, signal: AbortSignal): Promise<OutboxReport> {
  const { session, mapping, catalogue } = parts
  const facts =
    `select current_setting('server_version') as version, pg_is_in_recovery() as standby, ` +
    `(select bool_and(has_table_privilege(name, 'select')) from unnest($1::text[]) name) as may_select, ` +
    `(select bool_and(has_column_privilege(name, written, 'update')) from unnest($2::text[]) written, ` +
    `unnest($1::text[]) name) as may_update, ` +
    `(select bool_or(has_table_privilege(name, 'insert, delete, truncate')) from unnest($1::text[]) name) as may_write`
  const values = [parts.members.map(({ sql }) => sql.table), writtenColumns(mapping)]
  const [row] = await session.read({ text: facts, values }, REPORT_TIMEOUT_MS, signal)
  const is = (name: string): boolean => row?.[name] === 't'
  const served = parts.served()
  return {
    serverVersion: `PostgreSQL ${row?.['version'] ?? ''}`,
    role: is('standby') ? 'standby' : 'primary',
    latencyMs: await latency(parts, signal),
    table: `${catalogue.schema}.${catalogue.table}`,
    profile: mapping.profile,
    mappingDigest: mappingDigest(mapping),
    privileges: { select: is('may_select'), update: is('may_update') },
    drift: await parts.drift.find(signal),
    readRoleCanWrite: is('may_write'),
    indexed: openStates(mapping).every((state) => served.has(state)),
  }
}
