import { createI18n } from 'vue-i18n'
import { englishMessages } from './en/messages.ts'
import type { Messages } from './en/messages.ts'
import type { Locale } from './locale.ts'

/** A key that is missing is a defect: tests make it fail, the page shows the key. */
export function createConsoleI18n() {
  const messages: { en: Messages; 'zh-CN'?: Messages } = { en: englishMessages }
  const locale: Locale = 'en'
  return createI18n({
    legacy: false,
    locale: locale,
    fallbackLocale: 'en',
    messages,
    missingWarn: true,
  })
}
export type ConsoleI18n = ReturnType<typeof createConsoleI18n>
