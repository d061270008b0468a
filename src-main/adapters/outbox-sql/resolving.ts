import { RedriveError } from '../../domain/errors.ts'
import type { ActionProfile } from '../../domain/mapping/mapping.ts'
import type { MarkResult, ResolveRequest, ResolveResult, UndoRequest } from '../../ports/outbox.ts'
import { bound, profileOf } from './actions.ts'
import { tokenColumnIn } from '../../domain/mapping/walk.ts'
import { BEFORE_UNKNOWN, readImage } from './decisions.ts'
import type { Params, Row } from './statement.ts'
import { marksOf } from './claiming.ts'
import { requireWritable } from './change-parts.ts'
import type { ChangeParts } from './change-parts.ts'
import { act, allowed, imageOf, look, versionsOf, writeBack } from './row-work.ts'

/** Whether a row may be acted on, by a profile of the mapping. */
export function mayColumn(parts: ChangeParts, profile: ActionProfile, params: Params): string {
  const guard = profile.guard === undefined ? [] : [parts.sql.predicate(profile.guard, params)]
  return `${[allowed(parts, params, profile.from), ...guard].join(' and ')} as may`
}

export async function resolveMessages(
  parts: ChangeParts,
  requests: readonly ResolveRequest[],
  signal: AbortSignal,
): Promise<readonly ResolveResult[]> {
  if (requests.length === 0) return []
  const profile = profileOf(parts.mapping, 'resolve')
  requireWritable(parts, 'resolve')
  const image = imageOf(parts, Object.keys(profile.set ?? {}))
  const token = tokenColumnIn(profile.set ?? {})
  return parts.session.write(async (transaction) => {
    const seen = await look(transaction, parts, requests, {
      columns: (params) => [
        mayColumn(parts, profile, params),
        ...resolvedColumns(parts, params),
        ...image.columns,
        ...(token === null ? [] : [`${parts.sql.column(token)} as token`]),
      ],
      locked: true,
    })
    const fresh = requests.filter(({ id, version }) => {
      const row = seen.get(id)
      return row?.['version'] === version && row['may'] === '1'
    })
    // Where the row does not say whose decision it was, a repeat cannot be told from somebody else's change.
    const again = requests.filter((one) => {
      const row = seen.get(one.id)
      if (row === undefined || token === null || fresh.includes(one)) return false
      return isResolved(parts, row) && row['token'] === one.token
    })
    const bind = bound({ token: 'r.token', reason: 'r.token' })
    await act(transaction, parts, fresh, { profile, bind, texts: { token: (one) => one.token } })
    const versions = await versionsOf(transaction, parts, [...fresh, ...again])
    return requests.map((one): ResolveResult => {
      const { id } = one
      const version = versions.get(id) ?? ''
      if (fresh.includes(one))
        return { id, applied: true, version, before: JSON.stringify(image.read(seen.get(id))) }
      return again.includes(one)
        ? { id, applied: true, version, before: BEFORE_UNKNOWN }
        : { id, applied: false }
    })
  }, signal)
}

function resolvedColumns({ sql }: ChangeParts, params: Params): readonly string[] {
  return [`${sql.state(params)} as state`, `${sql.actionable(params)} as open`]
}

/** A resolved row is not one that a person may still act on. */
function isResolved({ mapping }: ChangeParts, row: Row): boolean {
  const discards = mapping.states.some(({ state }) => state === 'discarded')
  return discards ? row['state'] === 'discarded' : row['open'] !== '1'
}

/** Exactly what was read comes back. */
export async function undoResolve(
  parts: ChangeParts,
  requests: readonly UndoRequest[],
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  const known = requests.filter((request) => request.before !== BEFORE_UNKNOWN)
  if (known.length === 0) return marksOf(requests, new Map())
  requireWritable(parts, 'resolve')
  const names = Object.keys(profileOf(parts.mapping, 'resolve').set ?? {})
  const image = imageOf(parts, names)
  const images = new Map(known.map((one) => [one, readImage(one.before)]))
  const texts = Object.fromEntries(
    names.map((name, at) => [`b${at}`, (one: UndoRequest) => images.get(one)?.[name] ?? null]),
  )
  const versions = await parts.session.write(async (transaction) => {
    const seen = await look(transaction, parts, known, {
      columns: (params) => [...resolvedColumns(parts, params), ...image.columns],
      locked: true,
    })
    const fresh = known.filter(({ id, version }) => {
      const row = seen.get(id)
      return row?.['version'] === version && isResolved(parts, row)
    })
    // A repeat: the row holds exactly what it held before the decision, its old time of change included.
    const again = known.filter((one) => {
      const now = image.read(seen.get(one.id))
      return (
        now !== null && !fresh.includes(one) && names.every((name) => now[name] === images.get(one)?.[name])
      )
    })
    if (names.length === 0 && fresh.length > 0)
      throw new RedriveError('undo-too-late', 'never', {
        reason: 'the decision did not change the row, it removed it',
      })
    await writeBack(transaction, parts, fresh, { names, texts })
    return versionsOf(transaction, parts, [...fresh, ...again])
  }, signal)
  return marksOf(requests, versions)
}
