import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { RouteLocationRaw } from 'vue-router'

/** Something that is said once, beside the page. */
export interface Notice {
  readonly title: string
  readonly content?: string
  /** How long it stays, ms; longer where somebody points at it. */
  readonly shownMs: number
  /** Where to see more, and the words of the way there. */
  readonly more?: { readonly to: RouteLocationRaw; readonly text: string }
}

/** What was said, until it is shown: what shows it is read when the first notice is there. */
export const useNotices = defineStore('notices', () => {
  const told = shallowRef(false)
  const waiting = shallowRef<readonly Notice[]>([])
  return {
    /** Since something was said; false again where it could not be shown. */
    told: computed(() => told.value),
    waiting: computed(() => waiting.value),
    tell: (notice: Notice): void => {
      told.value = true
      waiting.value = [...waiting.value, notice]
    },
    /** All that waits, once. */
    take: (): readonly Notice[] => {
      const taken = waiting.value
      if (taken.length > 0) waiting.value = []
      return taken
    },
    drop: (): void => {
      told.value = false
      waiting.value = []
    },
  }
})
