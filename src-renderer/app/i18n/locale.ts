export const locales = ['en', 'zh-CN'] as const
export type Locale = (typeof locales)[number]

/** The first language that the browser asks for and Redrive speaks. */
export function firstLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}
