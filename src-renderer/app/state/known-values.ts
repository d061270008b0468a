import { defineStore } from 'pinia'
import { shallowReactive, shallowRef } from 'vue'
import { qualifierNames, type Qualifier } from '../query.ts'
import type { KnownValues } from '../query-completion.ts'

const VALUES_MAX = 200
const RECENT_MAX = 5

/**
 * What this window has seen of each source: the words that the query line completes, and the queries asked before. Held
 * in memory only, because it is about messages; what should outlive the window is a saved view.
 */
export const useKnownValues = defineStore('known-values', () => {
  const bySource = shallowReactive(new Map<string, KnownValues>())
  const recent = shallowRef<readonly string[]>([])

  return {
    recent,
    /** Of several sources together. */
    of: (sources: readonly string[]): KnownValues => {
      const all: Partial<Record<Qualifier, readonly string[]>> = {}
      for (const known of sources.flatMap((source) => bySource.get(source) ?? []))
        for (const name of qualifierNames)
          all[name] = [...new Set([...(all[name] ?? []), ...(known[name] ?? [])])]
      return all
    },
    learn: (source: string, qualifier: Qualifier, values: readonly string[]): void => {
      const before = bySource.get(source) ?? {}
      const fresh = values.filter((value) => value !== '')
      const known = [...new Set([...fresh, ...(before[qualifier] ?? [])])].slice(0, VALUES_MAX)
      bySource.set(source, { ...before, [qualifier]: known })
    },
    asked: (query: string): void => {
      if (query !== '')
        recent.value = [query, ...recent.value.filter((one) => one !== query)].slice(0, RECENT_MAX)
    },
  }
})
