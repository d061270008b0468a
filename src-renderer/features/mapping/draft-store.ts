import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { MappingCandidate } from '../../../src-preload/contract/mapping-steps.ts'

export type Guess = MappingCandidate['guesses'][number]

/** A mapping that is being written. */
export interface Draft {
  readonly table: string
  /** JSON, or not yet. */
  readonly text: string
  /** Why a proposal says what it says; empty where a person wrote it. */
  readonly guesses: readonly Guess[]
}

/** What was begun stays while the operator looks at another page; it ends with the window. */
export const useDrafts = defineStore('mapping-drafts', () => {
  const drafts = shallowRef<Readonly<Record<string, Draft>>>({})
  return {
    of: (source: string): Draft | null => drafts.value[source] ?? null,
    put: (source: string, draft: Draft): void => {
      drafts.value = { ...drafts.value, [source]: draft }
    },
    drop: (source: string): void => {
      drafts.value = Object.fromEntries(Object.entries(drafts.value).filter(([name]) => name !== source))
    },
  }
})
