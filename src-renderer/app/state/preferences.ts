import { usePreferredTheme } from './preferred-theme.ts'
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { firstLocale, type Locale } from '../i18n/locale.ts'
import type { ThemeName } from '../theme.ts'

export type ThemeChoice = 'system' | ThemeName
export type PaneName = 'inbox-left' | 'inbox-right'

const KEY = 'redrive.preferences'
const PANES_FIRST: Readonly<Record<PaneName, number>> = { 'inbox-left': 208, 'inbox-right': 400 }

interface Stored {
  theme: ThemeChoice
  /** Null: what the browser prefers, also if that changes. */
  locale: Locale | null
  source: string | null
  panes: Record<PaneName, number>
}

/** What this person chose on this machine. Never anything about messages. */
export const usePreferences = defineStore('preferences', () => {
  const stored = read()
  const theme = ref<ThemeChoice>(stored.theme)
  const locale = ref<Locale>(stored.locale ?? firstLocale(navigator.languages))
  const chosenLocale = ref(stored.locale)
  const source = ref<string | null>(stored.source)
  const panes = ref(stored.panes)
  const preferred = usePreferredTheme()
  const shownTheme = computed<ThemeName>(() => (theme.value === 'system' ? preferred.value : theme.value))

  watch(locale, (chosen) => (chosenLocale.value = chosen), { flush: 'sync' })
  watch(
    [theme, chosenLocale, source, panes],
    () => {
      const now: Stored = {
        theme: theme.value,
        locale: chosenLocale.value,
        source: source.value,
        panes: panes.value,
      }
      localStorage.setItem(KEY, JSON.stringify(now))
    },
    { deep: true, flush: 'sync' },
  )

  return { theme, locale, source, panes, shownTheme }
})

/** Whatever is in the storage, each value is taken only if it is one of ours. */
function read(): Stored {
  const raw = parsed(localStorage.getItem(KEY))
  const theme = raw['theme']
  const locale = raw['locale']
  const source = raw['source']
  const panes = typeof raw['panes'] === 'object' && raw['panes'] !== null ? Object.entries(raw['panes']) : []
  const widths = panes.filter(
    (pane): pane is [PaneName, number] => pane[0] in PANES_FIRST && Number.isFinite(pane[1]),
  )
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    locale: locale === 'en' || locale === 'zh-CN' ? locale : null,
    source: typeof source === 'string' ? source : null,
    panes: { ...PANES_FIRST, ...Object.fromEntries(widths) },
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
