import type { MarkResult, ResolveRequest, ResolveResult, UndoRequest } from '../../ports/outbox.ts'
import { bound, profileOf } from '../outbox-sql/actions.ts'
import { tokenColumnIn } from '../../domain/mapping/walk.ts'
import { BEFORE_UNKNOWN, readImage } from '../outbox-sql/decisions.ts'
import { actionStatement } from './acting.ts'
import { givenRows, markResults } from './claiming.ts'
import type { Parts } from './parts.ts'
import type { Params, Statement } from '../outbox-sql/statement.ts'

export async function resolveMessages(
  parts: Parts,
  requests: readonly ResolveRequest[],
  signal: AbortSignal,
): Promise<readonly ResolveResult[]> {
  if (requests.length === 0) return []
  const [rows = []] = await parts.session.write([resolveStatement(parts, requests)], signal)
  const applied = new Map(rows.map((row) => [parts.sql.key.idOf(row), row]))
  return requests.map(({ id }) => {
    const row = applied.get(id)
    if (row === undefined) return { id, applied: false }
    return { id, applied: true, version: row['version'] ?? '', before: row['before'] ?? BEFORE_UNKNOWN }
  })
}

function resolveStatement(parts: Parts, requests: readonly ResolveRequest[]): Statement {
  const { mapping, sql } = parts
  const profile = profileOf(mapping, 'resolve')
  const params = sql.newParams()
  const { key } = sql
  const texts = { version: (one: ResolveRequest) => one.version, token: (one: ResolveRequest) => one.token }
  const request = givenRows(parts, requests, texts, params)
  const bind = bound({ token: 'r.token', reason: 'r.token' })
  const applied = actionStatement(parts, { profile, request, bind, params })
  const token = tokenColumnIn(profile.set ?? {})
  // Where the row does not say whose decision it was, a repeat cannot be told from somebody else's change.
  const again =
    token === null
      ? ''
      : ` union all select ${key.list('t')}, t.xmin, null from ${sql.table} t join ${request} ` +
        `on ${key.equals('t', 'r')} where ${resolvedState(parts, params)} ` +
        `and ${sql.column(token)} = r.token ` +
        `and not exists (select from applied where ${key.same('applied', 'r')})`
  const text = `with applied as (${applied}) select ${key.names('applied')}, version, before from applied${again}`
  return { text, values: params.values }
}

/** A resolved row is not one that a person may still act on. */
function resolvedState({ mapping, sql }: Parts, params: Params): string {
  const discards = mapping.states.some(({ state }) => state === 'discarded')
  return discards ? sql.isState('discarded', params) : `not (${sql.actionable(params)})`
}

export async function undoResolve(
  parts: Parts,
  requests: readonly UndoRequest[],
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  const known = requests.filter((request) => request.before !== BEFORE_UNKNOWN)
  if (known.length === 0) return markResults(requests, [], parts)
  const [rows = []] = await parts.session.write([undoStatement(parts, known)], signal)
  return markResults(requests, rows, parts)
}

/** Every column as its own array of text, cast back to the column's type: exactly what was read comes back. */
function undoStatement(parts: Parts, requests: readonly UndoRequest[]): Statement {
  const { mapping, sql, catalogue } = parts
  const params = sql.newParams()
  const { key } = sql
  const images = new Map(requests.map((one) => [one, readImage(one.before)]))
  const names = Object.keys(profileOf(mapping, 'resolve').set ?? {})
  const columns = names.map((name, place) => ({
    name: sql.column(name, '').slice(1),
    value: `r.b${place}::${catalogue.columns.get(name)?.type ?? 'text'}`,
    of: (one: UndoRequest) => images.get(one)?.[name] ?? null,
    alias: `b${place}`,
  }))
  const texts = Object.fromEntries(columns.map(({ alias, of }) => [alias, of]))
  const request = givenRows(parts, requests, { version: (one) => one.version, ...texts }, params)
  const set = columns.map((one) => `${one.name} = ${one.value}`).join(', ')
  const same = columns.map((one) => `t.${one.name} is not distinct from ${one.value}`).join(' and ')
  const text =
    `with undone as (update ${sql.table} t set ${set} from ${request} ` +
    `where ${key.equals('t', 'r')} and t.xmin::text = r.version and ${resolvedState(parts, params)} ` +
    `returning ${key.list('t')}, t.xmin as version) select ${key.names('undone')}, version from undone union all ` +
    // A repeat: the row holds exactly what it held before the decision, its old time of change included.
    `select ${key.list('t')}, t.xmin from ${sql.table} t join ${request} on ${key.equals('t', 'r')} ` +
    `where ${same} and not exists (select from undone where ${key.same('undone', 'r')})`
  return { text, values: params.values }
}
