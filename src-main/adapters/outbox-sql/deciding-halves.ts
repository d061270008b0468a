import type { HalfActionName } from '../../domain/mapping/mapping.ts'
import type { HalfRequest, HalfResult } from '../../ports/half-messages.ts'
import { bound } from './actions.ts'
import { halfProfile, halfResults } from './half-messages.ts'
import { requireWritable } from './change-parts.ts'
import type { ChangeParts } from './change-parts.ts'
import { mayColumn } from './resolving.ts'
import { act, look, versionsOf } from './row-work.ts'

export async function decideMessages(
  parts: ChangeParts,
  action: HalfActionName,
  requests: readonly HalfRequest[],
  signal: AbortSignal,
): Promise<readonly HalfResult[]> {
  const profile = halfProfile(parts.mapping, action, requests)
  if (profile === null) return halfResults(requests, new Map())
  requireWritable(parts, action)
  const versions = await parts.session.write(async (transaction) => {
    const seen = await look(transaction, parts, requests, {
      columns: (params) => [mayColumn(parts, profile, params)],
      locked: true,
    })
    const fresh = requests.filter(({ id, version }) => {
      const row = seen.get(id)
      return row?.['version'] === version && row['may'] === '1'
    })
    const texts = { reason: (one: HalfRequest) => one.reason }
    await act(transaction, parts, fresh, { profile, bind: bound({ reason: 'r.reason' }), texts })
    if (profile.does === 'delete') return new Map(fresh.map(({ id }) => [id, '']))
    return versionsOf(transaction, parts, fresh)
  }, signal)
  return halfResults(requests, versions)
}
