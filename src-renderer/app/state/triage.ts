import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { SavedView } from '../../../src-preload/contract/triage.ts'
import { useAsk } from '../use-ask.ts'
import { useClient } from '../use-client.ts'

export type ViewFields = Pick<SavedView, 'query' | 'source' | 'grouping' | 'order'>

/** Dialogs that belong to no page: notes, views, the hand-over, the last undo. */
export type TriageDialog =
  | { readonly kind: 'note'; readonly source: string; readonly id: string; readonly messageId: string }
  | { readonly kind: 'views' }
  | { readonly kind: 'save-view'; readonly fields: ViewFields }
  | { readonly kind: 'hand-over' }
  | { readonly kind: 'undo' }

export const useTriage = defineStore('triage', () => {
  const client = useClient()
  const dialog = shallowRef<TriageDialog | null>(null)
  const list = useAsk({ subject: () => 'all', ask: (_, signal) => client.views.list({}, { signal }) })

  return {
    dialog,
    open: (next: TriageDialog): void => {
      dialog.value = next
    },
    close: (): void => {
      dialog.value = null
    },
    views: computed(() => list.data.value?.views ?? []),
    viewsError: list.error,
    refreshViews: list.refresh,
  }
})
