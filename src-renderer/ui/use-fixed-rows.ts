import { computed, onScopeDispose, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'

export interface FixedRows {
  /** Pixels above what is in sight. */
  readonly top: Readonly<Ref<number>>
  /** Pixels of what is in sight. */
  readonly view: Readonly<Ref<number>>
  /** Index of the first row that is drawn, and of the last; they are the same number of rows wherever the list stands. */
  readonly first: ComputedRef<number>
  readonly last: ComputedRef<number>
  /** Pixels of the whole. */
  readonly height: ComputedRef<number>
  /** Scrolls no further than it takes to have the whole row in sight. */
  readonly reveal: (index: number) => void
}

interface FixedRowsOptions {
  readonly scroller: Readonly<Ref<HTMLElement | null>>
  readonly count: () => number
  readonly rowPx: number
  /** Rows that are drawn above and below what is in sight. */
  readonly overscan: number
}

/**
 * Rows of one height, of which only those in sight are drawn. By arithmetic: a library that measures each row holds an object
 * for each, and makes a hundred thousand of them again when ten rows are added.
 */
export function useFixedRows({ scroller, count, rowPx, overscan }: FixedRowsOptions): FixedRows {
  const top = ref(0)
  const view = ref(0)
  const read = (): void => {
    top.value = scroller.value?.scrollTop ?? 0
    view.value = scroller.value?.clientHeight ?? 0
  }
  const resized = new ResizeObserver(read)
  watch(
    scroller,
    (element, before) => {
      before?.removeEventListener('scroll', read)
      resized.disconnect()
      read()
      element?.addEventListener('scroll', read, { passive: true })
      if (element) resized.observe(element)
    },
    { flush: 'post', immediate: true },
  )
  onScopeDispose(() => resized.disconnect())
  const drawn = computed(() => Math.min(count(), Math.ceil(view.value / rowPx) + 1 + 2 * overscan))
  const first = computed(() =>
    Math.max(0, Math.min(Math.floor(top.value / rowPx) - overscan, count() - drawn.value)),
  )
  return {
    top,
    view,
    first,
    last: computed(() => first.value + drawn.value - 1),
    height: computed(() => count() * rowPx),
    reveal(index) {
      const element = scroller.value
      if (element === null) return
      const start = index * rowPx
      const end = start + rowPx - element.clientHeight
      if (start < element.scrollTop) element.scrollTop = start
      else if (end > element.scrollTop) element.scrollTop = end
    },
  }
}
