import { RedriveError } from '../../domain/errors.ts'
import { HAND_BACK_MAX } from '../../ports/hand-back.ts'
import type { HandBackPreview, HandBackRequest, HandBackResult } from '../../ports/hand-back.ts'
import { messageColumns, toMessage } from '../outbox-sql/rows.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'
import { bound, profileOf } from '../outbox-sql/actions.ts'
import { risksOf } from '../outbox-sql/risks.ts'
import { actionStatement } from './acting.ts'
import { givenRows } from './claiming.ts'
import type { Parts } from './parts.ts'

/** What a rehearsal writes where an operator's token or reason would stand. */
const REHEARSED = 'Redrive: preview'

export async function retryMessages(
  parts: Parts,
  requests: readonly HandBackRequest[],
  signal: AbortSignal,
): Promise<readonly HandBackResult[]> {
  if (requests.length === 0) return []
  const [rows = []] = await parts.session.write([actionOn(parts, 'retry', requests)], signal)
  const done = new Set(rows.map((row) => parts.sql.key.idOf(row)))
  return requests.map(({ id }) => ({ id, applied: done.has(id) }))
}

/** One action on such rows as one statement. */
export function actionOn(
  parts: Parts,
  action: 'retry' | 'resolve',
  requests: readonly HandBackRequest[],
): Statement {
  if (requests.length > HAND_BACK_MAX)
    throw new RedriveError('usage', 'never', { problem: `At most ${HAND_BACK_MAX} rows at a time.` })
  const profile = profileOf(parts.mapping, action)
  const params = parts.sql.newParams()
  const request = givenRows(parts, requests, { version: (one) => one.version }, params)
  const bind = action === 'retry' ? bound({}) : bound({ token: REHEARSED_TEXT, reason: REHEARSED_TEXT })
  const text = actionStatement(parts, { profile, request, bind, params })
  return { text, values: params.values, withoutSeqScan: true }
}

const REHEARSED_TEXT = `'${REHEARSED}'`

export async function previewAction(
  parts: Parts,
  action: 'retry' | 'resolve',
  requests: readonly HandBackRequest[],
  signal: AbortSignal,
): Promise<readonly HandBackPreview[]> {
  if (requests.length === 0) return []
  const { mapping, sql } = parts
  const profile = profileOf(mapping, action)
  const look = (): Statement => {
    const params = sql.newParams()
    const given = givenRows(parts, requests, { version: (one) => one.version }, params)
    const written = Object.keys(profile.set ?? {}).map(
      (name) => `${params.add(name, 'name')}::text, ${sql.column(name)}::text`,
    )
    const purge = sql.time('purge', params)
    const next = sql.time('nextAttempt', params)
    const text =
      `select ${messageColumns(mapping, sql, params)}, json_build_object(${written.join(', ')})::text as written, ` +
      `${purge === null ? 'false' : `${purge} <= now()`} as purged, ` +
      `${next === null ? 'false' : `${next} > now()`} as waits ` +
      `from ${sql.table} t join ${given} on ${sql.key.equals('t', 'r')}`
    return { text, values: params.values }
  }
  const [before = [], done = [], after = []] = await parts.session.rehearse(
    [look(), actionOn(parts, action, requests), look()],
    signal,
  )
  const byId = (rows: readonly Row[]): ReadonlyMap<string, Row> =>
    new Map(rows.map((row) => [sql.key.idOf(row), row]))
  const [was, changed, is] = [byId(before), byId(done), byId(after)]
  return requests.map(({ id }) => {
    const applied = changed.has(id)
    const row = applied && profile.does !== 'insert-copy' ? is.get(id) : undefined
    const message = row === undefined ? null : toMessage(row, parts)
    return {
      id,
      applied,
      before: imageIn(was.get(id)) ?? {},
      after: imageIn(row),
      message,
      risks:
        action === 'resolve' || row === undefined || message === null
          ? []
          : risksOf(mapping, message, { purged: row['purged'] === 't', waits: row['waits'] === 't' }),
    }
  })
}

function imageIn(row: Row | undefined): Readonly<Record<string, string | null>> | null {
  const text = row?.['written'] ?? null
  return text === null ? null : (JSON.parse(text) as Record<string, string | null>)
}
