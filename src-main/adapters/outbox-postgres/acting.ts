import type { ActionProfile } from '../../domain/mapping/mapping.ts'
import { keyColumns } from '../../domain/mapping/walk.ts'
import type { Bound, MappingAssignments } from '../../domain/mapping/values.ts'
import { setList } from '../outbox-sql/compiler.ts'
import type { Params } from '../outbox-sql/statement.ts'
import { allowed } from './claiming.ts'
import type { Parts } from './parts.ts'

export interface ActionOn {
  readonly profile: ActionProfile
  /** The rows that are asked for, as `r` with their version. */
  readonly request: string
  readonly bind: (is: Bound) => string
  readonly params: Params
}

/**
 * One action as one statement. Answers the key of each row that was changed, its new version, and as `before` what the
 * written columns held. The row is joined to itself, because RETURNING knows only what it became; both are of the
 * version that was seen.
 */
export function actionStatement(parts: Parts, on: ActionOn): string {
  const { sql } = parts
  const { profile, request, params } = on
  const { key } = sql
  const own = profile.guard === undefined ? [] : [sql.predicate(profile.guard, params)]
  const may = [`t.xmin::text = r.version`, allowed(parts, params, profile.from), ...own].join(' and ')
  const here = `${key.equals('t', 'r')} and ${may}`
  if (profile.does === 'delete') {
    return (
      `delete from ${sql.table} t using ${request} where ${here} ` +
      `returning ${key.list('t')}, t.xmin as version, null as before`
    )
  }
  if (profile.does === 'insert-copy') return copyStatement(parts, on, here)
  const set = sql.assignments(profile.set ?? {}, on.bind, params)
  return (
    `update ${sql.table} t set ${setList(set)} from ${request} join ${sql.table} o on ${key.equals('o', 'r')} ` +
    `where ${here} and o.xmin::text = r.version ` +
    `returning ${key.list('t')}, t.xmin as version, ${imageOf(parts, profile.set ?? {}, params)} as before`
  )
}

function imageOf({ sql }: Parts, set: MappingAssignments, params: Params): string {
  const members = Object.keys(set).map(
    (name) => `${params.add(name, 'name')}::text, ${sql.column(name, 'o')}::text`,
  )
  return `json_build_object(${members.join(', ')})::text`
}

/**
 * A copy of the row, with what is set in it. The key is new: what `set` says, or else the column's default. Columns that
 * the server computes are left to it.
 */
function copyStatement(parts: Parts, { profile, request, bind, params }: ActionOn, here: string): string {
  const { sql, catalogue, mapping } = parts
  const set = new Map(
    sql.assignments(profile.set ?? {}, bind, params).map(({ column, value }) => [column, value]),
  )
  const keys = new Set(keyColumns(mapping))
  const columns = [...catalogue.columns.values()].flatMap(({ name, type, computed }) => {
    const quoted = sql.dialect.quote(name)
    const value = set.get(quoted)
    if (computed || (keys.has(name) && value === undefined)) return []
    // On its way through the query a literal would become a text.
    return [{ quoted, value: value === undefined ? `t.${quoted}` : `(${value})::${type}` }]
  })
  // The rows are locked, so that nobody changes one between the look and the copy.
  return (
    `with seen as (select ${sql.key.list('t')}, ${columns.map(({ value }, at) => `${value} as c${at}`).join(', ')} ` +
    `from ${sql.table} t join ${request} on ${here} for update of t), ` +
    `copied as (insert into ${sql.table} as t (${columns.map(({ quoted }) => quoted).join(', ')}) ` +
    `select ${columns.map((_, at) => `c${at}`).join(', ')} from seen) ` +
    `select ${sql.key.names('seen')}, null as version, null as before from seen`
  )
}
