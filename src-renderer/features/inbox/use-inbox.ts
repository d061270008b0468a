import { computed, watch, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { MessageFilter } from '../../../src-preload/contract/messages.ts'
import { parseQuery, printQuery, type Query } from '../../app/query.ts'
import { useSources } from '../../app/state/sources.ts'
import { without } from '../../ui/without.ts'

const FIRST_QUERY = 'trouble:failed'

/** What the address says: source, query, order and the open message. Every change goes through the address. */
export interface InboxAddress {
  readonly source: ComputedRef<string | null>
  readonly query: ComputedRef<Query>
  readonly order: ComputedRef<'newest' | 'oldest'>
  readonly openId: ComputedRef<string | null>
  readonly narrow: (filter: MessageFilter) => void
  readonly setOrder: (order: 'newest' | 'oldest') => void
  readonly open: (id: string | null) => void
}

export function useInboxAddress(): InboxAddress {
  const route = useRoute()
  const router = useRouter()
  const sources = useSources()
  const text = (name: string): string | null => {
    const value = route.query[name]
    return typeof value === 'string' ? value : null
  }
  const source = computed(() => sources.current?.name ?? null)

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
      const rest = moved ? without(route.query, 'id') : route.query
      void router.replace({ query: { ...rest, source: name, q: q ?? FIRST_QUERY } })
    },
    { immediate: true },
  )

  return {
    source,
    query: computed(() => parseQuery(text('q') ?? FIRST_QUERY)),
    order: computed(() => (text('order') === 'oldest' ? 'oldest' : 'newest')),
    openId: computed(() => text('id')),
    narrow: (filter) => {
      void router.push({ query: { ...without(route.query, 'id'), q: printQuery(filter) } })
    },
    setOrder: (order) => void router.replace({ query: { ...route.query, order } }),
    open: (id) => {
      const rest = without(route.query, 'id')
      void router.replace({ query: id === null ? rest : { ...rest, id } })
    },
  }
}
