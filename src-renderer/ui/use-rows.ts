import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'

/** As rows.css has it. */
const ROW_PX = 30
const OVERSCAN = 12
/** So many rows before the end the next page is asked for. */
const NEAR_END_ROWS = 40

export interface Rows<T> {
  /** Those that are drawn; `start` in pixels from the top of the whole. */
  readonly rows: ComputedRef<readonly { readonly item: T; readonly index: number; readonly start: number }[]>
  /** Pixels of the whole. */
  readonly height: ComputedRef<number>
  readonly reveal: (index: number) => void
}

interface RowsOptions<T> {
  readonly scroller: Readonly<Ref<HTMLElement | null>>
  readonly items: () => readonly T[]
  /** There is no further page. */
  readonly complete: () => boolean
  readonly more: () => void
}

/** Rows of a list that may be long: only those in sight are drawn, and the next page is asked for before the end is seen. */
export function useRows<T>({ scroller, items, complete, more }: RowsOptions<T>): Rows<T> {
  const virtualizer = useVirtualizer(
    computed(() => ({
      count: items().length,
      getScrollElement: () => scroller.value,
      estimateSize: () => ROW_PX,
      overscan: OVERSCAN,
    })),
  )
  const rows = computed(() =>
    virtualizer.value.getVirtualItems().flatMap(({ index, start }) => {
      const item = items()[index]
      return item === undefined ? [] : [{ item, index, start }]
    }),
  )
  watch([() => rows.value.at(-1)?.index ?? -1, () => items().length], ([last, count]) => {
    if (!complete() && count > 0 && last >= count - NEAR_END_ROWS) more()
  })
  return {
    rows,
    height: computed(() => virtualizer.value.getTotalSize()),
    reveal: (index) => virtualizer.value.scrollToIndex(index),
  }
}
