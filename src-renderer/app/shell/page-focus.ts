import { onScopeDispose, type ShallowRef } from 'vue'
import { useRouter } from 'vue-router'

/**
 * Gives the focus to the page that was gone to: the link that led there would otherwise keep it, and with it the key Enter.
 * A field keeps what is being typed into it.
 */
export function usePageFocus(page: Readonly<ShallowRef<HTMLElement | null>>): void {
  const router = useRouter()
  const stop = router.afterEach((to, from) => {
    const atStart = from.matched.length === 0
    if (atStart || to.name === from.name || document.activeElement instanceof HTMLInputElement) return
    page.value?.focus({ preventScroll: true })
  })
  onScopeDispose(stop)
}
