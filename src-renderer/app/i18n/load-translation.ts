import type { Locale } from './locale.ts'
import type { Translation } from './translation.ts'

/** A file of its own: who reads English never waits for it. `null` is English. */
export async function loadTranslation(locale: Locale): Promise<Translation | null> {
  return locale === 'en' ? null : (await import('./zh-CN/translation.ts')).chinese
}
