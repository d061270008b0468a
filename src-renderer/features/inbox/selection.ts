import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'
import { IDS_MAX } from '../../../src-preload/contract/base.ts'
import type { Message } from '../../../src-preload/contract/messages.ts'

/** Which messages an act will be about: chosen rows, or everything that fits the filter. */
export interface Selection {
  readonly ids: Readonly<ShallowRef<ReadonlySet<string>>>
  readonly all: Readonly<ShallowRef<boolean>>
  /** All loaded rows are chosen. */
  readonly whole: ComputedRef<boolean>
  toggle(index: number): void
  /** From where the last choice was made up to here, as shift does everywhere. */
  extendTo(index: number): void
  selectLoaded(): void
  selectAllThatMatch(): void
  clear(): void
  /** The chosen rows as they are on the screen; a row that is no longer there is not chosen. */
  chosen(): readonly Message[]
}

export function useSelection(rows: () => readonly Message[]): Selection {
  const ids = shallowRef<ReadonlySet<string>>(new Set())
  const all = shallowRef(false)
  let anchor = 0

  const set = (next: ReadonlySet<string>): void => {
    all.value = false
    ids.value = next
  }

  return {
    ids,
    all,
    whole: computed(() => rows().length > 0 && ids.value.size >= Math.min(rows().length, IDS_MAX)),
    toggle: (index) => {
      const id = rows()[index]?.id
      if (id === undefined) return
      anchor = index
      const next = new Set(ids.value)
      if (!next.delete(id)) next.add(id)
      set(next)
    },
    extendTo: (index) => {
      const [from, to] = index < anchor ? [index, anchor] : [anchor, index]
      const next = new Set(ids.value)
      for (const { id } of rows().slice(from, to + 1)) next.add(id)
      set(next)
    },
    selectLoaded: () =>
      set(
        new Set(
          rows()
            .slice(0, IDS_MAX)
            .map(({ id }) => id),
        ),
      ),
    selectAllThatMatch: () => {
      all.value = true
    },
    clear: () => set(new Set()),
    chosen: () => rows().filter(({ id }) => ids.value.has(id)),
  }
}
