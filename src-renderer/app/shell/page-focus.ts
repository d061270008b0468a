import { onScopeDispose, type ShallowRef } from 'vue'
import { useRouter } from 'vue-router'

/**
 * Gives the focus to the page that was gone to: the link that led there would otherwise keep it, and with it the key Enter.
 * A field keeps what is being typed into it, and where somebody went while the page was being read keeps the focus too: a key
 * that is meant for a button must not reach a page that came in between.
 */
export function usePageFocus(page: Readonly<ShallowRef<HTMLElement | null>>): void {
  const router = useRouter()
  let before: Element | null = null
  const stops = [
    router.beforeEach(() => {
      before = document.activeElement
    }),
    router.afterEach((to, from) => {
      const atStart = from.matched.length === 0
      if (atStart || to.name === from.name) return
      const now = document.activeElement
      const movedOn = now !== before && now !== document.body && before?.isConnected === true
      if (now instanceof HTMLInputElement || movedOn) return
      page.value?.focus({ preventScroll: true })
    }),
  ]
  onScopeDispose(() => stops.forEach((stop) => stop()))
}
