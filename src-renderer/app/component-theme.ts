import type { GlobalTheme } from 'naive-ui'
import { shallowRef, type InjectionKey, type ShallowRef } from 'vue'
import type { ThemeName } from './theme.ts'

/** What the library's components look like; null: as they come, which is light. */
export const componentThemeKey: InjectionKey<Readonly<ShallowRef<GlobalTheme | null>>> =
  Symbol('component theme')

/** The dark is a file of its own: who works in the light never reads it. `wanted` is asked again once it was read. */
export function createComponentTheme(wanted: () => ThemeName) {
  const theme = shallowRef<GlobalTheme | null>(null)
  const dress = async (name: ThemeName): Promise<void> => {
    const read = name === 'light' ? null : await readDark()
    if (read !== undefined && wanted() === name) theme.value = read
  }
  return { theme, dress }
}

/** Undefined: the engine's host is gone, and the page goes on as it is. */
async function readDark(): Promise<GlobalTheme | undefined> {
  try {
    return (await import('./dark-parts.ts')).darkParts
  } catch {
    return undefined
  }
}
