import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { IDS_MAX } from '../../../src-preload/contract/base.ts'
import type { Message } from '../../../src-preload/contract/messages.ts'

/** Which messages an act will be about: chosen rows, or everything that fits the filter. */
export interface Selection {
  /** The chosen rows by id, each as it was last on the screen: its version goes with the act. */
  readonly ids: Readonly<ShallowRef<ReadonlyMap<string, Message>>>
  readonly all: Readonly<ShallowRef<boolean>>
  /** All loaded rows are chosen (or as many as one act may name). */
  readonly whole: ComputedRef<boolean>
  readonly toggle: (index: number) => void
  /** From where the last choice was made up to here, as shift does everywhere. */
  readonly extendTo: (index: number) => void
  readonly selectLoaded: () => void
  readonly selectAllThatMatch: () => void
  readonly clear: () => void
}

const byId = (messages: readonly Message[]): [string, Message][] =>
  messages.map((message) => [message.id, message])

export function useSelection(rows: () => readonly Message[]): Selection {
  const ids = shallowRef<ReadonlyMap<string, Message>>(new Map())
  const all = shallowRef(false)
  let anchor = 0

  const set = (next: ReadonlyMap<string, Message>): void => {
    all.value = false
    ids.value = next
  }

  watch(rows, (next, before) => {
    if (ids.value.size > 0 && next[0] !== before[0]) ids.value = afterRefresh(ids.value, before, next)
  })

  return {
    ids,
    all,
    whole: computed(() => rows().length > 0 && ids.value.size >= Math.min(rows().length, IDS_MAX)),
    toggle: (index) => {
      const message = rows()[index]
      if (message === undefined) return
      anchor = index
      const next = new Map(ids.value)
      if (!next.delete(message.id)) next.set(message.id, message)
      set(next)
    },
    extendTo: (index) => {
      const [from, to] = index < anchor ? [index, anchor] : [anchor, index]
      set(new Map([...ids.value, ...byId(rows().slice(from, to + 1))]))
    },
    selectLoaded: () => set(new Map(byId(rows().slice(0, IDS_MAX)))),
    selectAllThatMatch: () => {
      all.value = true
    },
    clear: () => set(new Map()),
  }
}

/**
 * A refresh reads the upper part of the list again. What was chosen there and is gone from it (sent, resolved) is
 * no longer chosen; what was chosen further down was not looked at and stays.
 */
export function afterRefresh(
  chosen: ReadonlyMap<string, Message>,
  before: readonly Message[],
  after: readonly Message[],
): ReadonlyMap<string, Message> {
  const fresh = new Map(byId(after))
  const lookedAt = new Set(before.slice(0, after.length).map(({ id }) => id))
  return new Map(
    [...chosen].flatMap(([id, message]): [string, Message][] => {
      const now = fresh.get(id)
      if (now !== undefined) return [[id, now]]
      return lookedAt.has(id) ? [] : [[id, message]]
    }),
  )
}
