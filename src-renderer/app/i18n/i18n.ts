import { createI18n } from 'vue-i18n'
import { inertLines } from '../../../src-preload/contract/inert-text.ts'
import { englishMessages } from './en/messages.ts'
import type { Messages } from './en/messages.ts'
import { findMessage } from './find-message.ts'

/** A key that is missing is a defect: tests make it fail, the page shows the key. */
export function createConsoleI18n() {
  const messages: { en: Messages; 'zh-CN'?: Messages } = { en: englishMessages }
  return createI18n({
    legacy: false,
    locale: 'en',
    fallbackLocale: 'en',
    messages,
    messageResolver: findMessage,
    missingWarn: true,
    // Names, keys and reasons that were stored by others stand in sentences, hints and labels, too.
    postTranslation: (said) => (typeof said === 'string' ? inertLines(said) : said),
  })
}
export type ConsoleI18n = ReturnType<typeof createConsoleI18n>
