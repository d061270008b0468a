import type { HalfActionName } from '../../domain/mapping/mapping.ts'
import type { HalfRequest, HalfResult } from '../../ports/half-messages.ts'
import { bound } from '../outbox-sql/actions.ts'
import { halfProfile, halfResults } from '../outbox-sql/half-messages.ts'
import { actionStatement } from './acting.ts'
import { givenRows } from './claiming.ts'
import type { Parts } from './parts.ts'

export async function decideMessages(
  parts: Parts,
  action: HalfActionName,
  requests: readonly HalfRequest[],
  signal: AbortSignal,
): Promise<readonly HalfResult[]> {
  const profile = halfProfile(parts.mapping, action, requests)
  if (profile === null) return halfResults(requests, new Map())
  const params = parts.sql.newParams()
  const given = { version: (one: HalfRequest) => one.version, reason: (one: HalfRequest) => one.reason }
  const request = givenRows(parts, requests, given, params)
  const text = actionStatement(parts, { profile, request, bind: bound({ reason: 'r.reason' }), params })
  const statement = { text, values: params.values, withoutSeqScan: true }
  const [rows = []] = await parts.session.write([statement], signal)
  const removed = profile.does === 'delete'
  return halfResults(
    requests,
    new Map(rows.map((row) => [parts.sql.key.idOf(row), removed ? '' : (row['version'] ?? '')])),
  )
}
