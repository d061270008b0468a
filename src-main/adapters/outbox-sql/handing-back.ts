import { RedriveError } from '../../domain/errors.ts'
import { HAND_BACK_MAX } from '../../ports/hand-back.ts'
import type { HandBackPreview, HandBackRequest, HandBackResult } from '../../ports/hand-back.ts'
import { bound, profileOf } from './actions.ts'
import { risksOf } from './risks.ts'
import { plainColumns, toMessage } from './rows.ts'
import type { Params, Row } from './statement.ts'
import { requireWritable } from './change-parts.ts'
import type { ChangeParts, Transaction } from './change-parts.ts'
import { mayColumn } from './resolving.ts'
import { act, imageOf, look } from './row-work.ts'
import type { Act } from './row-work.ts'

/** What a rehearsal writes where an operator's token or reason would stand. */
const REHEARSED = 'Redrive: preview'

type Action = 'retry' | 'resolve'

export async function retryMessages(
  parts: ChangeParts,
  requests: readonly HandBackRequest[],
  signal: AbortSignal,
): Promise<readonly HandBackResult[]> {
  if (requests.length === 0) return []
  requirePossible(parts, 'retry', requests)
  const applied = await parts.session.write(
    (transaction) => apply(transaction, parts, 'retry', requests),
    signal,
  )
  return requests.map(({ id }) => ({ id, applied: applied.has(id) }))
}

function requirePossible(parts: ChangeParts, action: Action, requests: readonly HandBackRequest[]): void {
  profileOf(parts.mapping, action)
  requireWritable(parts, action)
  if (requests.length > HAND_BACK_MAX)
    throw new RedriveError('usage', 'never', { problem: `At most ${HAND_BACK_MAX} rows at a time.` })
}

/** Ids of the rows that it was done to. */
async function apply(
  transaction: Transaction,
  parts: ChangeParts,
  action: Action,
  requests: readonly HandBackRequest[],
): Promise<ReadonlySet<string>> {
  const seen = await look(transaction, parts, requests, {
    columns: (params) => [mayColumn(parts, profileOf(parts.mapping, action), params)],
    locked: true,
  })
  const fresh = requests.filter(({ id, version }) => {
    const row = seen.get(id)
    return row?.['version'] === version && row['may'] === '1'
  })
  await act(transaction, parts, fresh, rehearsed(parts, action))
  return new Set(fresh.map(({ id }) => id))
}

/** The action as its rehearsal carries it out, and as it is explained. */
export function rehearsed({ mapping }: ChangeParts, action: Action): Act<HandBackRequest> {
  const bind = action === 'retry' ? bound({}) : bound({ token: 'r.token', reason: 'r.token' })
  return { profile: profileOf(mapping, action), bind, texts: { token: () => REHEARSED } }
}

export async function previewAction(
  parts: ChangeParts,
  action: Action,
  requests: readonly HandBackRequest[],
  signal: AbortSignal,
): Promise<readonly HandBackPreview[]> {
  if (requests.length === 0) return []
  requirePossible(parts, action, requests)
  const profile = profileOf(parts.mapping, action)
  const image = imageOf(parts, Object.keys(profile.set ?? {}))
  const looking = {
    columns: (params: Params) => [...messageColumns(parts, params), ...image.columns],
    locked: false,
  }
  const { was, applied, is } = await parts.session.rehearse(
    async (transaction) => ({
      was: await look(transaction, parts, requests, looking),
      applied: await apply(transaction, parts, action, requests),
      is: await look(transaction, parts, requests, looking),
    }),
    signal,
  )
  return requests.map(({ id }) => {
    const row = applied.has(id) && profile.does !== 'insert-copy' ? is.get(id) : undefined
    const message = row === undefined ? null : toMessage(row, parts)
    return {
      id,
      applied: applied.has(id),
      before: image.read(was.get(id)) ?? {},
      after: image.read(row),
      message,
      risks:
        action === 'resolve' || row === undefined || message === null
          ? []
          : risksOf(parts.mapping, message, { purged: isTrue(row, 'purged'), waits: isTrue(row, 'waits') }),
    }
  })
}

function isTrue(row: Row, name: string): boolean {
  return row[name] === '1'
}

/** What a message is made of, and what speaks against an action; the key and the version are looked at anyway. */
function messageColumns({ mapping, sql }: ChangeParts, params: Params): readonly string[] {
  const purge = sql.time('purge', params)
  const next = sql.time('nextAttempt', params)
  const now = sql.dialect.now({ form: 'instant', zone: null }, null, null)
  return [
    plainColumns(mapping, sql, params),
    `${sql.state(params)} as state`,
    `${sql.trouble(params)} as trouble`,
    `${purge === null ? 'false' : `${purge} <= ${now}`} as purged`,
    `${next === null ? 'false' : `${next} > ${now}`} as waits`,
  ]
}
