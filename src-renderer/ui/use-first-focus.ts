import { nextTick, watch } from 'vue'

/** Gives the focus to an element once it is there, after the dialog around it has taken it for itself. */
export function useFirstFocus(element: () => HTMLElement | null | undefined): void {
  watch(
    () => element() ?? null,
    async (found, before) => {
      if (found === null || before !== null) return
      await nextTick()
      setTimeout(() => found.focus())
    },
    { flush: 'post', immediate: true },
  )
}
