import { defineStore } from 'pinia'
import { computed, watch } from 'vue'
import type { Environment } from '../../../src-preload/contract/base.ts'
import { useClient } from '../use-client.ts'
import { useAsk } from '../use-ask.ts'
import { usePreferences } from './preferences.ts'

export const STRICTEST_FIRST: readonly Environment[] = ['production', 'staging', 'development']

/** The connections of the workspace, and which source the operator works on. */
export const useSources = defineStore('sources', () => {
  const client = useClient()
  const preferences = usePreferences()
  const list = useAsk({ subject: () => 'all', ask: (_, signal) => client.connections.list({}, { signal }) })
  const sources = computed(() => list.data.value?.sources ?? [])
  /** The chosen source, or the first where the choice is gone; null where there is none (or not known yet). */
  const current = computed(
    () => sources.value.find((source) => source.name === preferences.source) ?? sources.value[0] ?? null,
  )
  // What is shown by itself counts as chosen: the next start asks about it before it knows the others.
  watch(current, (shown) => {
    if (shown !== null) preferences.source ??= shown.name
  })

  return {
    sources,
    brokers: computed(() => list.data.value?.brokers ?? []),
    /** Of a source, or of a queue of dead letters (`broker/queue`) by the engine's rule; null: not known. */
    environmentOf: (name: string): Environment | null => {
      const broker = name.includes('/') ? name.slice(0, name.indexOf('/')) : null
      if (broker === null) return sources.value.find((source) => source.name === name)?.environment ?? null
      const found = sources.value.filter(({ deliverTo }) => deliverTo === broker)
      return (
        STRICTEST_FIRST.find((one) => found.some(({ environment }) => environment === one)) ?? 'production'
      )
    },
    /** False until the first answer: "none" and "not known yet" are different things. */
    known: computed(() => list.data.value !== null),
    error: list.error,
    current,
    refresh: list.refresh,
    select: (name: string) => {
      preferences.source = name
    },
  }
})
