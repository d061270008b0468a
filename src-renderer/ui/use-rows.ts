import { computed, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { useFixedRows } from './use-fixed-rows.ts'

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
  const { first, last, height, reveal } = useFixedRows({
    scroller,
    count: () => items().length,
    rowPx: ROW_PX,
    overscan: OVERSCAN,
  })
  const rows = computed(() =>
    items()
      .slice(first.value, last.value + 1)
      .map((item, drawn) => ({ item, index: first.value + drawn, start: (first.value + drawn) * ROW_PX })),
  )
  watch([last, () => items().length], ([to, count]) => {
    if (!complete() && count > 0 && to >= count - NEAR_END_ROWS) more()
  })
  return { rows, height, reveal }
}
