import { computed, watch, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { MessageFilter } from '../../../src-preload/contract/messages.ts'
import { parseQuery, printQuery, type Query, type QueryScope } from '../../app/query.ts'
import { useScope, type Scope } from '../../app/state/scope.ts'
import { useSources } from '../../app/state/sources.ts'
import { without } from '../../ui/without.ts'
import { groupings, type Grouping } from './narrowing.ts'
import { rowKey, type Row } from './list/rows.ts'

const FIRST_QUERY = 'trouble:failed'

/** A message by the source that holds it. */
export interface OpenMessage {
  readonly source: string
  readonly id: string
  readonly key: string
}

/** What the address says: source, query, order and the open message. Every change goes through the address. */
export interface InboxAddress {
  /** The source of the bar; where the query names several, it is not asked. */
  readonly source: ComputedRef<string | null>
  readonly scope: ComputedRef<Scope>
  readonly query: ComputedRef<Query>
  readonly order: ComputedRef<'newest' | 'oldest'>
  readonly by: ComputedRef<Grouping>
  readonly openMessage: ComputedRef<OpenMessage | null>
  readonly narrow: (filter: MessageFilter) => void
  readonly look: (scope: QueryScope) => void
  readonly setOrder: (order: 'newest' | 'oldest') => void
  readonly setBy: (by: Grouping) => void
  readonly open: (row: Pick<Row, 'source' | 'id'> | null) => void
}

export function useInboxAddress(): InboxAddress {
  const route = useRoute()
  const router = useRouter()
  const sources = useSources()
  const { scope, chooseMany } = useScope()
  const text = (name: string): string | null => {
    const value = route.query[name]
    return typeof value === 'string' ? value : null
  }
  const source = computed(() => sources.current?.name ?? null)
  const query = computed(() => parseQuery(text('q') ?? FIRST_QUERY))

  // The address names the source; the bar's choice is the same thing. Whichever changed last wins.
  watch(
    () => (route.name === 'inbox' ? text('source') : null),
    (name) => {
      if (name !== null) sources.select(name)
    },
    { immediate: true },
  )
  watch(
    [source, () => route.query['q'], () => route.name],
    ([name, q, page]) => {
      if (page !== 'inbox' || name === null || (text('source') === name && q !== undefined)) return
      const moved = text('source') !== null && text('source') !== name
      const rest = moved ? without(route.query, 'id', 'from') : route.query
      void router.replace({ query: { ...rest, source: name, q: q ?? FIRST_QUERY } })
    },
    { immediate: true },
  )

  return {
    source,
    scope,
    query,
    order: computed(() => (text('order') === 'oldest' ? 'oldest' : 'newest')),
    by: computed(() => {
      // What failed is looked through by its cause, whatever else by its type.
      const first = query.value.filter.trouble === 'failed' ? 'error' : 'type'
      return groupings.find((one) => one === text('by')) ?? first
    }),
    openMessage: computed(() => {
      const id = text('id')
      const from = (scope.value.many ? text('from') : null) ?? source.value
      return id === null || from === null ? null : { id, source: from, key: rowKey(from, id) }
    }),
    narrow: (filter) => {
      const rest = without(route.query, 'id', 'from')
      void router.push({ query: { ...rest, q: printQuery(filter, query.value.scope) } })
    },
    look: chooseMany,
    setOrder: (order) => void router.replace({ query: { ...route.query, order } }),
    setBy: (by) => void router.replace({ query: { ...route.query, by } }),
    open: (row) => {
      const rest = without(route.query, 'id', 'from')
      const from = row !== null && scope.value.many ? { from: row.source } : {}
      void router.replace({ query: row === null ? rest : { ...rest, ...from, id: row.id } })
    },
  }
}
