import type { SavedView } from '../../domain/triage.ts'
import type { Changes } from '../changes.ts'
import type { EnginePorts } from '../engine-ports.ts'

export type ViewDraft = Omit<SavedView, 'view' | 'savedBy' | 'savedAt'> & { readonly view: string | null }

export interface Views {
  list(): Promise<readonly SavedView[]>
  /** `view` null: a new one. Throws `name-in-use`. */
  save(draft: ViewDraft): Promise<SavedView>
  remove(view: string): Promise<void>
}

export function createViews({ viewStore, ids, operator }: EnginePorts, changes: Changes): Views {
  return {
    list: () => viewStore.all(),
    async save(draft) {
      const saved = await viewStore.save({
        ...draft,
        view: draft.view ?? ids.next('view'),
        savedBy: operator(),
      })
      changes.bump()
      return saved
    },
    async remove(view) {
      await viewStore.remove(view)
      changes.bump()
    },
  }
}
