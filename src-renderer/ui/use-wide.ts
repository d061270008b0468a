import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether the window is at least this wide, as it changes. */
export function useWide(px: number): Readonly<Ref<boolean>> {
  const query = window.matchMedia(`(min-width: ${px}px)`)
  const wide = ref(query.matches)
  const update = (): void => {
    wide.value = query.matches
  }
  query.addEventListener('change', update)
  onScopeDispose(() => query.removeEventListener('change', update))
  return wide
}
