import type { Mapping } from '../../domain/mapping/mapping.ts'
import { assignmentsOf } from '../../domain/mapping/walk.ts'
import type { Compiler } from './compiler.ts'
import { isoTime } from './rows.ts'
import type { Read } from './statement.ts'

export const REPORT_TIMEOUT_MS = 5_000
/** Median of these. */
const ROUND_TRIPS = 3

/** A role may be granted just these. */
export function writtenColumns(mapping: Mapping): string[] {
  return [...new Set(assignmentsOf(mapping).flatMap(([, set]) => Object.keys(set)))]
}

/** Milliseconds that the server takes to answer. */
export async function latency(
  { session }: { readonly session: { readonly read: Read } },
  signal: AbortSignal,
): Promise<number> {
  const times: number[] = []
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const startedAt = performance.now()
    await session.read({ text: 'select 1', values: [] }, REPORT_TIMEOUT_MS, signal)
    times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)] ?? 0
}

export async function serverTime(
  { session, sql }: { readonly session: { readonly read: Read }; readonly sql: Compiler },
  signal: AbortSignal,
): Promise<string> {
  const text = `select ${sql.dialect.now({ form: 'instant', zone: null }, null, null)} as asked_at`
  const [row] = await session.read({ text, values: [] }, REPORT_TIMEOUT_MS, signal)
  return isoTime(row?.['asked_at']) ?? ''
}
