import type { Locale } from '../i18n/locale.ts'
import type { ThemeChoice } from '../state/preferences.ts'

export const themeChoices: readonly ThemeChoice[] = ['system', 'light', 'dark']
/** Each language in itself, never translated. */
export const languageNames: Readonly<Record<Locale, string>> = { en: 'English', 'zh-CN': '简体中文' }
