import { onScopeDispose, ref, type Ref } from 'vue'
import type { ThemeName } from '../theme.ts'

/** What the operating system asks for, as it changes. */
export function usePreferredTheme(): Readonly<Ref<ThemeName>> {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const theme = ref<ThemeName>(dark.matches ? 'dark' : 'light')
  const update = (): void => {
    theme.value = dark.matches ? 'dark' : 'light'
  }
  dark.addEventListener('change', update)
  onScopeDispose(() => dark.removeEventListener('change', update))
  return theme
}
