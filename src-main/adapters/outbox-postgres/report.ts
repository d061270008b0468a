import { assignmentsOf, mappingDigest } from '../../domain/mapping/walk.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { OutboxReport } from '../../ports/outbox.ts'
import { openStates } from '../outbox-sql/indexed.ts'
import type { Parts, Whole } from './parts.ts'

const REPORT_TIMEOUT_MS = 5_000
/** Median of these. */
const ROUND_TRIPS = 3

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

/** A role may be granted just these. */
function writtenColumns(mapping: Mapping): string[] {
  return [...new Set(assignmentsOf(mapping).flatMap(([, set]) => Object.keys(set)))]
}

async function latency({ session }: Parts, signal: AbortSignal): Promise<number> {
  const times: number[] = []
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const startedAt = performance.now()
    await session.read({ text: 'select 1', values: [] }, REPORT_TIMEOUT_MS, signal)
    times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)] ?? 0
}
