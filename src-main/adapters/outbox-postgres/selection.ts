import type { Mapping } from '../../domain/mapping.ts'
import type { MessageState } from '../../domain/message.ts'
import type { MessageFilter } from '../../ports/outbox.ts'
import { newParams } from './compile.ts'
import type { Compiler, Params } from './compile.ts'

/** A filter as SQL. A row is in it where one of `branches` holds, and only one can, together with `common`. */
export interface Selection {
  readonly params: Params
  readonly branches: readonly SelectedBranch[]
  readonly common: readonly string[]
  /** States whose rows are read; null: any. */
  readonly states: readonly MessageState[] | null
}

/** The other two are expressions for its rows. */
export interface SelectedBranch {
  readonly condition: string
  /** The index's range is the branch, or nearly so: its rows need no picking before they are read. */
  readonly plain: boolean
  readonly state: () => string
  readonly trouble: () => string
}

export function selectionOf(filter: MessageFilter, mapping: Mapping, sql: Compiler): Selection {
  const params = newParams()
  const common = commonConditions(filter, mapping, sql, params)
  const wanted = filter.states === undefined ? null : new Set(filter.states)
  const any = (condition: string): SelectedBranch => ({
    condition,
    plain: false,
    state: () => sql.state(params),
    trouble: () => sql.trouble(params),
  })
  if (wanted === null && filter.trouble === undefined) {
    return { params, branches: [any('true')], common, states: null }
  }
  const ruled = sql.branches(params, wanted, filter.trouble)
  const branches: SelectedBranch[] = ruled.map(({ state, condition, plain, trouble }) => ({
    condition,
    plain: plain && common.length === 0,
    state: () => `'${state}'`,
    trouble,
  }))
  const states = new Set(ruled.map((branch) => branch.state))
  if (wanted?.has('unknown') === true && filter.trouble === undefined) {
    branches.push(any(sql.isState('unknown', params)))
    states.add('unknown')
  }
  return { params, branches: branches.length === 0 ? [any('false')] : branches, common, states: [...states] }
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
 * Rows of the selection within the window, in order, as a subselect with the key as `k` and the given columns. Each
 * rule of the mapping is a branch of a UNION with its own order and limit, so that each reads one range of an index
 * from its end and stops; one condition for all of them would read and sort everything that is open.
 */
export function windowed(
  selection: Selection,
  window: Window,
  columns: (branch: SelectedBranch) => readonly string[],
  { mapping: { key }, sql }: { mapping: Mapping; sql: Compiler },
): string {
  const { params } = selection
  const bounds = [
    ...(window.from === null ? [] : [`${sql.column(key)} >= ${params.add(window.from, 'from')}::bigint`]),
    ...(window.to === null ? [] : [`${sql.column(key)} <= ${params.add(window.to, 'to')}::bigint`]),
  ]
  const ending = `order by k ${window.order === 'newest' ? 'desc' : 'asc'} limit ${params.add(String(window.limit), 'limit')}::bigint`
  const parts = selection.branches.map((branch) => {
    const list = [`${sql.column(key)} as k`, ...columns(branch)].join(', ')
    const where = [`(${branch.condition})`, ...selection.common, ...bounds].join(' and ')
    return `select ${list} from ${sql.table} t where ${where} ${ending}`
  })
  if (parts.length === 1) return parts.join('')
  return `select * from (${parts.map((part) => `(${part})`).join(' union all ')}) w ${ending}`
}
