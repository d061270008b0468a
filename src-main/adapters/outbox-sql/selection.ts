import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Field } from '../../domain/mapping/values.ts'
import type { MessageState } from '../../domain/message.ts'
import type { MessageFilter } from '../../ports/outbox.ts'
import type { Compiler } from './compiler.ts'
import { contentConditions } from './content-conditions.ts'
import type { Dialect } from './dialect.ts'
import { ALIAS } from './frame.ts'
import { containsPattern } from './like.ts'
import type { Params } from './statement.ts'

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
  const params = sql.newParams()
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

/** A layout without the field that is asked for has no row with this value in it. */
const NO_ROW = 'false'

function commonConditions(
  filter: MessageFilter,
  mapping: Mapping,
  sql: Compiler,
  params: Params,
): readonly string[] {
  const conditions: string[] = [...sql.present(params)]
  const equal = (field: Field | undefined, value: string | undefined): void => {
    if (value === undefined) return
    conditions.push(field === undefined ? NO_ROW : sql.equals(field, value, params))
  }
  equal(mapping.type, filter.type)
  equal(mapping.chain?.key, filter.chainKey)
  equal(mapping.destination?.exchange, filter.exchange)
  equal(mapping.messageId, filter.messageId)
  if (filter.error !== undefined) {
    const error = sql.field(mapping.lastError, params)
    const pattern = (): string => params.add(containsPattern(filter.error ?? ''), 'pattern')
    conditions.push(error === null ? NO_ROW : sql.dialect.contains(error, pattern()))
  }
  if (filter.ageSecMin !== undefined) conditions.push(sql.olderThan('created', filter.ageSecMin, params))
  if (filter.ageSecMax !== undefined) {
    const older = sql.olderThan('created', filter.ageSecMax, params)
    conditions.push(older === NO_ROW ? NO_ROW : `not (${older})`)
  }
  // Last, because it costs the most and a server looks at conditions of one price in their order.
  conditions.push(...contentConditions(filter, mapping, sql, params))
  return conditions
}

export interface Window {
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** First and last place that belong to it, whatever the order; null: no bound on that side. */
  readonly from: string | null
  readonly to: string | null
  /** The last place that does not belong to it any more, in the order; null: none. */
  readonly after?: string | null
}

/**
 * Rows of the selection within the window, in order, as a subselect with the key and the given columns. Each
 * rule of the mapping is a branch of a UNION with its own order and limit, so that each reads one range of an index
 * from its end and stops; one condition for all of them would read and sort everything that is open.
 */
export function windowed(
  selection: Selection,
  window: Window,
  columns: (branch: SelectedBranch) => readonly string[],
  { sql }: { sql: Compiler },
): string {
  const { params } = selection
  const { walk } = sql
  const bounds = boundsOf(window, sql, params)
  const limit = sql.dialect.limit(window.limit, params)
  const newest = window.order === 'newest'
  const ending = `order by ${walk.orderOf(ALIAS, newest)} limit ${limit}`
  const parts = selection.branches.map((branch) => {
    const list = [walk.list(ALIAS), ...columns(branch)].join(', ')
    const where = [`(${branch.condition})`, ...selection.common, ...bounds].join(' and ')
    return `select ${list} from ${sql.table} ${ALIAS} where ${where} ${ending}`
  })
  if (parts.length === 1) return parts.join('')
  return `select * from (${parts.map((part) => unionPart(sql.dialect, part)).join(' union all ')}) w order by ${walk.order(newest)} limit ${limit}`
}

/** A select with an order and a limit of its own as a part of a union: SQLite takes none in brackets. */
export function unionPart({ name }: Pick<Dialect, 'name'>, select: string): string {
  return name === 'sqlite' ? `select * from (${select})` : `(${select})`
}

/** The window as conditions on a row. */
export function boundsOf(
  { order, from, to, after }: Omit<Window, 'limit'>,
  { walk }: Compiler,
  params: Params,
): readonly string[] {
  const next = after ?? null
  return [
    ...(from === null ? [] : [walk.bound(ALIAS, '>=', from, params)]),
    ...(to === null ? [] : [walk.bound(ALIAS, '<=', to, params)]),
    ...(next === null ? [] : [walk.bound(ALIAS, order === 'newest' ? '<' : '>', next, params)]),
  ]
}
