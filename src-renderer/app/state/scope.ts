import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Environment } from '../../../src-preload/contract/base.ts'
import { without } from '../../ui/without.ts'
import { parseQuery, printQuery, type QueryScope } from '../query.ts'
import { useSources } from './sources.ts'

interface Place {
  readonly name: string
  readonly environment: Environment
}

export interface Scope {
  /** In the order of the workspace. */
  readonly places: readonly Place[]
  /** Named in the query, and not in the workspace. */
  readonly missing: readonly string[]
  /** False: it is the one source of the bar. */
  readonly many: boolean
}

/** Which sources a query looks at. */
export function scopeOf(scope: QueryScope | null, all: readonly Place[], current: Place | null): Scope {
  if (scope === null) return { places: current === null ? [] : [current], missing: [], many: false }
  const { sources = '*', environment } = scope
  const named = sources === '*' ? all : all.filter(({ name }) => sources.includes(name))
  const places = named.filter((place) => environment === undefined || place.environment === environment)
  const missing = sources === '*' ? [] : sources.filter((name) => !all.some((place) => place.name === name))
  return { places, missing, many: true }
}

interface ScopeHere {
  readonly scope: ComputedRef<Scope>
  /** What the query says of it; null: nothing, or this is not the inbox. */
  readonly said: ComputedRef<QueryScope | null>
  /** Looks at one source, as the bar chooses it. */
  readonly chooseOne: (source: string) => void
  /** Looks at several at once, in the inbox. */
  readonly chooseMany: (scope: QueryScope) => void
}

/** The scope of the page that is shown: only the inbox looks at several sources. */
export function useScope(): ScopeHere {
  const route = useRoute()
  const router = useRouter()
  const sources = useSources()
  const query = computed(() => {
    const q = route.query['q']
    return route.name === 'inbox' && typeof q === 'string' ? parseQuery(q) : null
  })
  const said = computed(() => query.value?.scope ?? null)

  return {
    said,
    scope: computed(() => scopeOf(said.value, sources.sources, sources.current)),
    chooseOne: (source) => {
      if (said.value === null) sources.select(source)
      else {
        const rest = without(route.query, 'id', 'from')
        void router.push({ query: { ...rest, source, q: printQuery(query.value?.filter ?? {}) } })
      }
    },
    chooseMany: (scope) => {
      const rest = route.name === 'inbox' ? without(route.query, 'id', 'from') : {}
      const q = printQuery(query.value?.filter ?? { trouble: 'failed' }, scope)
      void router.push({ name: 'inbox', query: { ...rest, q } })
    },
  }
}
