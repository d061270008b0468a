import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src-preload/contract/errors.ts'
import { messages } from '../../src-renderer/app/i18n/messages.ts'
import { sayErrorIn } from '../../src-renderer/app/i18n/say-error.ts'
import { englishSentences } from '../../src-preload/contract/explain.ts'
import { chineseSentences } from '../../src-renderer/app/i18n/zh-CN/errors.ts'
import { marks } from '../../src-renderer/ui/marks.ts'

type Tree = { readonly [key: string]: string | Tree }

function flat(tree: Tree, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${path}${key}`, value] as const] : [...flat(value, `${path}${key}.`)],
    ),
  )
}
const english = flat(messages.en)
const chinese = flat(messages['zh-CN'])
const placeholders = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()

describe('languages', () => {
  test('both have every text, and none is empty', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
    for (const [key, text] of [...english, ...chinese]) expect(text.trim(), key).not.toBe('')
  })

  test.each([...english])('%s takes the same values in both', (key, text) => {
    expect(placeholders(chinese.get(key) ?? '')).toEqual(placeholders(text))
  })

  test('no text of one language was left in the other', () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/\p{Script=Han}/u)
    // Long Latin text without a Chinese character is English that nobody translated.
    for (const [key, text] of chinese)
      if (text === english.get(key) && /([a-z]{2,} ){2}[a-z]{2,}/.test(text)) expect(key).toBe('translated')
  })

  test('every key that the page names exists', () => {
    const missing: string[] = []
    for (const file of globSync('src-renderer/**/*.{vue,ts}')) {
      for (const [, key = ''] of readFileSync(file, 'utf8').matchAll(/\bt\(\s*'([\w.-]+)'/g))
        if (!english.has(key)) missing.push(`${file}: ${key}`)
    }
    expect(missing).toEqual([])
  })

  test('every mark has its word', () => {
    for (const { word } of Object.values(marks)) expect(english.has(word), word).toBe(true)
  })
})

describe('errors', () => {
  test.each([...errorCodes, 'engine-unreachable' as const])(
    '%s says what, what it means and what to do',
    (code) => {
      for (const locale of ['en', 'zh-CN'] as const) {
        const said = sayErrorIn(() => locale)({ code, detail: {} })
        for (const sentence of [said.what, said.means, said.next]) {
          expect(sentence).not.toBe('')
          expect(sentence).not.toMatch(/\{\w+\}/)
          if (locale === 'zh-CN' && code !== 'usage') expect(said.what).toMatch(/\p{Script=Han}/u)
        }
      }
    },
  )

  test.each([...errorCodes])('%s fills the same values in both languages', (code) => {
    const values = (of: typeof englishSentences): string[] =>
      placeholders([of[code].what, of[code].means, of[code].next].join(' '))
    expect(values(chineseSentences)).toEqual(values(englishSentences))
  })
})
