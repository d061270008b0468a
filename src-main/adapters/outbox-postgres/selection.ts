import type { Mapping } from '../../domain/mapping.ts'
import type { MessageState } from '../../domain/message.ts'
import type { MessageFilter } from '../../ports/outbox.ts'
import { newParams } from './compile.ts'
import type { Compiler, Params } from './compile.ts'

/** A filter as SQL. A row is in it where one of `branches` holds, and only one can, together with `common`. */
export interface Selection {
  readonly params: Params
  readonly branches: readonly string[]
  readonly common: readonly string[]
  /** States whose rows are read; null: any. */
  readonly states: readonly MessageState[] | null
}

export function selectionOf(filter: MessageFilter, mapping: Mapping, sql: Compiler): Selection {
  const params = newParams()
  const common = commonConditions(filter, mapping, sql, params)
  const wanted = filter.states === undefined ? null : new Set(filter.states)
  if (wanted === null && filter.trouble === undefined) {
    return { params, branches: ['true'], common, states: null }
  }
  const branches = [...sql.branches(params, wanted, filter.trouble)]
  if (wanted?.has('unknown') === true && filter.trouble === undefined) {
    branches.push({ state: 'unknown', condition: sql.isState('unknown', params) })
  }
  return {
    params,
    branches: branches.length === 0 ? ['false'] : branches.map((branch) => branch.condition),
    common,
    states: [...new Set(branches.map((branch) => branch.state))],
  }
}

function commonConditions(
  filter: MessageFilter,
  mapping: Mapping,
  sql: Compiler,
  params: Params,
): readonly string[] {
  const conditions: string[] = []
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(`${sql.column(column)} = ${params.add(value, column)}`)
  }
  equal(mapping.type, filter.type)
  equal(mapping.chain.key, filter.chainKey)
  equal(mapping.destination.exchange, filter.exchange)
  equal(mapping.messageId, filter.messageId)
  if (filter.error !== undefined) {
    const pattern = params.add(`%${escapeLike(filter.error)}%`, 'pattern')
    conditions.push(`${sql.column(mapping.lastError)} ilike ${pattern} escape '!'`)
  }
  if (filter.ageSecMin !== undefined) {
    const seconds = params.add(String(filter.ageSecMin), 'seconds')
    conditions.push(
      `${sql.column(mapping.times.created)} <= now() - make_interval(secs => ${seconds}::float8)`,
    )
  }
  return conditions
}

/** What the operator typed is looked for as it is: % and _ are no wildcards. */
function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}

export interface Window {
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** First and last id that belong to it; null: no bound on that side. */
  readonly from: string | null
  readonly to: string | null
}

/**
 * Rows of the selection within the window, in order, as a subselect with the given columns. One UNION branch for each
 * rule, each with its own order, so that the planner merges index ranges and stops at the limit instead of sorting
 * everything that is open.
 */
export function windowed(
  selection: Selection,
  window: Window,
  columns: readonly string[],
  { mapping: { key }, sql }: { mapping: Mapping; sql: Compiler },
): string {
  const { params } = selection
  const bounds = [
    ...(window.from === null ? [] : [`${sql.column(key)} >= ${params.add(window.from, 'from')}::bigint`]),
    ...(window.to === null ? [] : [`${sql.column(key)} <= ${params.add(window.to, 'to')}::bigint`]),
  ]
  const direction = window.order === 'newest' ? 'desc' : 'asc'
  const list = [`${sql.column(key)} as k`, ...columns].join(', ')
  const parts = selection.branches.map((branch) => {
    const where = [`(${branch})`, ...selection.common, ...bounds].join(' and ')
    return `select ${list} from ${sql.table} t where ${where}`
  })
  const limit = params.add(String(window.limit), 'limit')
  return `select * from (${parts.join(' union all ')}) w order by k ${direction} limit ${limit}::bigint`
}
