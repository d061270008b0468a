import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { IDS_MAX } from '../../../src-preload/contract/base.ts'
import type { Row } from './list/rows.ts'

/** Which messages an act will be about: chosen rows, or everything that fits the filter. */
export interface Selection {
  /** The chosen rows by key, each as it was last on the screen: its version goes with the act. */
  readonly ids: Readonly<ShallowRef<ReadonlyMap<string, Row>>>
  readonly all: Readonly<ShallowRef<boolean>>
  /** All loaded rows are chosen (or as many as one act may name). */
  readonly whole: ComputedRef<boolean>
  readonly toggle: (index: number) => void
  /** From where the last choice was made up to here, as shift does everywhere. */
  readonly extendTo: (index: number) => void
  readonly selectLoaded: () => void
  readonly selectAllThatMatch: () => void
  /** Leaves those of the other sources. */
  readonly keepOnly: (source: string) => void
  readonly clear: () => void
}

const byKey = (rows: readonly Row[]): [string, Row][] => rows.map((row) => [row.key, row])

export function useSelection(rows: () => readonly Row[], goesOn: () => boolean): Selection {
  const ids = shallowRef<ReadonlyMap<string, Row>>(new Map())
  const all = shallowRef(false)
  let anchor = 0

  const set = (next: ReadonlyMap<string, Row>): void => {
    all.value = false
    ids.value = next
  }

  watch(rows, (next, before) => {
    const readOn = next.length > before.length && next[before.length - 1] === before.at(-1)
    if (ids.value.size > 0 && !readOn)
      ids.value = afterRefresh(ids.value, before, { rows: next, goesOn: goesOn() })
  })

  return {
    ids,
    all,
    whole: computed(() => rows().length > 0 && ids.value.size >= Math.min(rows().length, IDS_MAX)),
    toggle: (index) => {
      const row = rows()[index]
      if (row === undefined) return
      anchor = index
      const next = new Map(ids.value)
      if (!next.delete(row.key)) next.set(row.key, row)
      set(next)
    },
    extendTo: (index) => {
      const [from, to] = index < anchor ? [index, anchor] : [anchor, index]
      set(new Map([...ids.value, ...byKey(rows().slice(from, to + 1))]))
    },
    selectLoaded: () => set(new Map(byKey(rows().slice(0, IDS_MAX)))),
    selectAllThatMatch: () => {
      all.value = true
    },
    keepOnly: (source) => set(new Map([...ids.value].filter(([, row]) => row.source === source))),
    clear: () => set(new Map()),
  }
}

/**
 * A refresh reads part of the list again. What was chosen and is gone from it (sent, resolved) is no longer chosen; what was
 * chosen below the last row that is still there was not looked at and stays.
 */
export function afterRefresh(
  chosen: ReadonlyMap<string, Row>,
  before: readonly Row[],
  after: { readonly rows: readonly Row[]; readonly goesOn: boolean },
): ReadonlyMap<string, Row> {
  const fresh = new Map(byKey(after.rows))
  const lookedTo = after.goesOn ? before.findLastIndex(({ key }) => fresh.has(key)) : before.length
  const lookedAt = new Set(before.slice(0, lookedTo + 1).map(({ key }) => key))
  return new Map(
    [...chosen].flatMap(([key, row]): [string, Row][] => {
      const now = fresh.get(key)
      if (now !== undefined) return [[key, now]]
      return lookedAt.has(key) ? [] : [[key, row]]
    }),
  )
}
