import { RedriveError } from '../../domain/errors.ts'
import type { MarkResult, ResolveRequest, ResolveResult, UndoRequest } from '../../ports/outbox.ts'
import { bound, inIdOrder, markResults } from './claiming.ts'
import { newParams } from './compile.ts'
import type { Parts } from './parts.ts'
import type { Statement } from './session.ts'

/** What is written where the decision was found already applied: the row no longer says what it held before. */
const BEFORE_UNKNOWN = 'null'

export async function resolveMessages(
  parts: Parts,
  requests: readonly ResolveRequest[],
  signal: AbortSignal,
): Promise<readonly ResolveResult[]> {
  if (requests.length === 0) return []
  const [rows = []] = await parts.session.write([resolveStatement(parts, requests)], signal)
  const applied = new Map(rows.map((row) => [row['id'] ?? '', row]))
  return requests.map(({ id }) => {
    const row = applied.get(id)
    if (row === undefined) return { id, applied: false }
    return { id, applied: true, version: row['version'] ?? '', before: row['before'] ?? BEFORE_UNKNOWN }
  })
}

/** The row is joined to itself, because RETURNING knows only what it became; both are of the version that was seen. */
function resolveStatement(parts: Parts, requests: readonly ResolveRequest[]): Statement {
  const { mapping, sql } = parts
  const params = newParams()
  const sorted = inIdOrder(requests)
  const ids = params.add(
    sorted.map((one) => one.id),
    'ids',
  )
  const versions = params.add(
    sorted.map((one) => one.version),
    'versions',
  )
  const tokens = params.add(
    sorted.map((one) => one.token),
    'tokens',
  )
  const request = `unnest(${ids}::bigint[], ${versions}::text[], ${tokens}::text[]) r(id, version, token)`
  const set = sql.assignments(mapping.actions.resolve, bound({ token: 'r.token' }), params)
  const before = Object.keys(mapping.actions.resolve).map(
    (name) => `${params.add(name, 'name')}::text, ${sql.column(name, 'o')}::text`,
  )
  const key = sql.column(mapping.key)
  const applied =
    `update ${sql.table} t set ${set.map(([column, value]) => `${column} = ${value}`).join(', ')} ` +
    `from ${request} join ${sql.table} o on ${sql.column(mapping.key, 'o')} = r.id ` +
    `where ${key} = r.id and t.xmin::text = r.version and o.xmin::text = r.version and ${sql.actionable(params)} ` +
    `returning ${key} as id, t.xmin as version, json_build_object(${before.join(', ')})::text as before`
  const text =
    `with applied as (${applied}) select id, version, before from applied union all ` +
    `select ${key}, t.xmin, null from ${sql.table} t join ${request} on ${key} = r.id ` +
    `where ${sql.isState('discarded', params)} and ${sql.column(mapping.tokenColumn)} = r.token ` +
    `and not exists (select from applied where applied.id = r.id)`
  return { text, values: params.values }
}

export async function undoResolve(
  parts: Parts,
  requests: readonly UndoRequest[],
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  const known = requests.filter((request) => request.before !== BEFORE_UNKNOWN)
  if (known.length === 0) return markResults(requests, [])
  const [rows = []] = await parts.session.write([undoStatement(parts, known)], signal)
  return markResults(requests, rows)
}

/** Every column as its own array of text, cast back to the column's type: exactly what was read comes back. */
function undoStatement(parts: Parts, requests: readonly UndoRequest[]): Statement {
  const { mapping, sql, catalogue } = parts
  const params = newParams()
  const sorted = inIdOrder(requests)
  const images = sorted.map((one) => readImage(one.before))
  const names = Object.keys(mapping.actions.resolve)
  const columns = names.map((name, place) => ({
    name: sql.column(name, '').slice(1),
    value: `r.b${place}::${catalogue.columns.get(name)?.type ?? 'text'}`,
    array: `${params.add(
      images.map((image) => image[name] ?? null),
      name,
    )}::text[]`,
    alias: `b${place}`,
  }))
  const ids = params.add(
    sorted.map((one) => one.id),
    'ids',
  )
  const versions = params.add(
    sorted.map((one) => one.version),
    'versions',
  )
  const key = sql.column(mapping.key)
  const request =
    `unnest(${[`${ids}::bigint[]`, `${versions}::text[]`, ...columns.map((one) => one.array)].join(', ')}) ` +
    `r(${['id', 'version', ...columns.map((one) => one.alias)].join(', ')})`
  const set = columns.map((one) => `${one.name} = ${one.value}`).join(', ')
  const same = columns.map((one) => `t.${one.name} is not distinct from ${one.value}`).join(' and ')
  const text =
    `with undone as (update ${sql.table} t set ${set} from ${request} ` +
    `where ${key} = r.id and t.xmin::text = r.version and ${sql.isState('discarded', params)} ` +
    `returning ${key} as id, t.xmin as version) select id, version from undone union all ` +
    // A repeat: the row holds exactly what it held before the decision, its old time of change included.
    `select ${key}, t.xmin from ${sql.table} t join ${request} on ${key} = r.id ` +
    `where ${same} and not exists (select from undone where undone.id = r.id)`
  return { text, values: params.values }
}

function readImage(before: string): Readonly<Record<string, string | null>> {
  try {
    return JSON.parse(before) as Record<string, string | null>
  } catch (error) {
    throw new RedriveError(
      'undo-too-late',
      'never',
      { reason: 'the image of the row is damaged' },
      { cause: error },
    )
  }
}
