import { nextTick, ref, type Ref } from 'vue'
import { useKeys } from '../../app/keys.ts'

interface CursorOptions {
  /** In the order that they are shown. */
  readonly ids: () => readonly string[]
  /** What is open beside the list; it follows the cursor. */
  readonly open: () => string | null
  readonly onOpen: (id: string) => void
  readonly focusSearch: () => void
}

/** j and k go along a list, enter opens, / goes to its search. */
export function useCursor({ ids, open, onOpen, focusSearch }: CursorOptions): Readonly<Ref<string | null>> {
  const at = ref<string | null>(null)

  function move(by: number): void {
    const all = ids()
    const from = all.indexOf(open() ?? at.value ?? '')
    const next = all[Math.min(Math.max(0, from + by), all.length - 1)]
    if (next === undefined) return
    at.value = next
    if (open() !== null) onOpen(next)
    void nextTick(() => {
      const row = [...document.querySelectorAll<HTMLElement>('[data-row]')].find(
        (one) => one.dataset['row'] === next,
      )
      row?.scrollIntoView({ block: 'nearest' })
    })
  }

  useKeys(() => ({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    '/': focusSearch,
    Enter: () => {
      if (at.value !== null) onOpen(at.value)
    },
  }))
  return at
}
