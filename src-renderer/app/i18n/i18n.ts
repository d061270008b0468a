import { createI18n } from 'vue-i18n'
import type { Locale } from './locale.ts'
import { messages } from './messages.ts'

/** A key that is missing is a defect: tests make it fail, the page shows the key. */
export function createConsoleI18n(locale: Locale) {
  return createI18n({ legacy: false, locale, fallbackLocale: 'en', messages, missingWarn: true })
}
export type ConsoleI18n = ReturnType<typeof createConsoleI18n>
