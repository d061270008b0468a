import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'
import { errorCodes } from '../../src-preload/contract/error-codes.ts'
import { englishMessages } from '../../src-renderer/app/i18n/en/messages.ts'
import { findMessage } from '../../src-renderer/app/i18n/find-message.ts'
import { sayErrorIn } from '../../src-renderer/app/i18n/say-error.ts'
import { englishSentences } from '../../src-preload/contract/explain.ts'
import { chineseSentences } from '../../src-renderer/app/i18n/zh-CN/errors.ts'
import { chineseMessages } from '../../src-renderer/app/i18n/zh-CN/messages.ts'
import { chineseProfileTexts } from '../../src-renderer/app/i18n/zh-CN/profile-texts.ts'
import { chineseTexts } from '../../src-renderer/app/i18n/zh-CN/texts.ts'
import { chinese as chineseTranslation } from '../../src-renderer/app/i18n/zh-CN/translation.ts'
import { sayWordsIn } from '../../src-renderer/app/i18n/say-words.ts'
import { englishTexts } from '../../src-main/domain/english-texts.ts'
import { say } from '../../src-main/domain/text.ts'
import { marks } from '../../src-renderer/ui/marks.ts'

type Tree = { readonly [key: string]: string | Tree }

function flat(tree: Tree, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${path}${key}`, value] as const] : [...flat(value, `${path}${key}.`)],
    ),
  )
}
const english = flat(englishMessages)
const chinese = flat(chineseMessages)
const messages = { en: englishMessages, 'zh-CN': chineseMessages }
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

  test('every text is one that can be said: a brace that is no value would throw in the middle of a page', () => {
    for (const locale of ['en', 'zh-CN'] as const) {
      const { t } = createI18n({ legacy: false, locale, messages }).global
      for (const key of english.keys()) expect(() => t(key), `${locale} ${key}`).not.toThrow()
    }
  })

  test('a text that takes nothing is said as the library says it, and one that is not there is missing', () => {
    for (const locale of ['en', 'zh-CN'] as const) {
      const library = createI18n({ legacy: false, locale, messages }).global
      const ours = createI18n({ legacy: false, locale, messages, messageResolver: findMessage }).global
      const values = { n: 3, name: 'shop' }
      for (const key of english.keys()) expect(ours.t(key, values), key).toBe(library.t(key, values))
      expect(ours.te('overview.constructor')).toBe(false)
      expect(ours.te('overview')).toBe(library.te('overview'))
    }
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

/** Everything that a profile says to a person who asks why an action is not offered. */
function profileTexts(): string[] {
  const profiles = globSync('src-main/adapters/profiles/*.json').map(
    (file) =>
      JSON.parse(readFileSync(file, 'utf8')) as {
        readonly payload?: { readonly fixed?: string }
        readonly refuse?: Readonly<Record<string, { readonly reason: string; readonly instead: string }>>
      },
  )
  return profiles.flatMap(({ payload, refuse }) => [
    ...Object.values(refuse ?? {}).flatMap(({ reason, instead }) => [reason, instead]),
    ...(payload?.fixed === undefined ? [] : [payload.fixed]),
  ])
}

/** Nothing but values and the marks between them. */
const MARKS_ONLY = new Set(['drift.and', 'fits.guess'])

describe('texts of the engine', () => {
  test('Chinese has just the codes of the engine', () => {
    expect(Object.keys(chineseTexts).sort()).toEqual(Object.keys(englishTexts).sort())
  })

  test.each(Object.entries(englishTexts))('%s says the same values in Chinese', (code, english) => {
    const translated = chineseTexts[code] ?? ''
    expect(placeholders(translated)).toEqual(placeholders(english))
    if (!MARKS_ONLY.has(code)) expect(translated).toMatch(/\p{Script=Han}/u)
  })

  test('a guess is said whole in Chinese, with the words of the console for states', () => {
    const inChinese = sayWordsIn(() => chineseTranslation)
    const of = { column: 'phase', code: '2', rows: 9 }
    expect(inChinese(say('says.code', { ...of, state: 'in-flight' }))).toBe('phase = 2（抽样 9 行）：发送中')
    const more = say('because.values', { yes: 'Y', no: 'N' })
    expect(inChinese(say('because.name-and', { more }))).toBe('依据名称；值只有 Y 和 N')
    const detail = { action: 'retry', reason: say('refused.cdc'), instead: say('instead.copy') }
    const { what, next } = sayErrorIn(() => chineseTranslation)({ code: 'action-refused', detail })
    expect([what, next].join('')).not.toMatch(/[a-z]{3}/i)
  })

  test('what is in no catalogue is shown as it was written', () => {
    const unknown = { say: 'of-a-newer-engine', with: {}, text: 'said in English' }
    expect(sayWordsIn(() => chineseTranslation)(unknown)).toBe('said in English')
    expect(sayWordsIn(() => chineseTranslation)('ask Ann first')).toBe('ask Ann first')
  })

  test('every refusal of a shipped profile is said in Chinese, and no other', () => {
    const texts = new Set(profileTexts())
    expect(texts.size).toBeGreaterThan(50)
    expect(Object.keys(chineseProfileTexts).sort()).toEqual([...texts].sort())
  })
})

/** What an error brings, as the engine would: one value for each name that a sentence has. */
const DETAIL = {
  program: 'vault',
  ...{ server: 'db.internal:5432', user: 'redrive', database: 'shop', vhost: '/orders', name: 'orders' },
  ...{ reason: 'connect ECONNREFUSED 10.0.0.7:5432', problem: 'expected a number', at: 'sources.orders.url' },
  ...{ table: 'public.outbox_message', columns: 'status, attempts', profile: 'redrive-reference' },
  ...{
    action: 'retry',
    instead: 'Resend it.',
    id: '880001',
    state: 'sent',
    alert: 'alert-7',
    limit: 1_000_000,
  },
  ...{
    source: 'orders',
    part: 'callback.resend',
    broker: 'rabbit',
    places: 'orders.checks',
    messageId: 'm-7',
  },
  ...{
    digest: '805b43e0f6a6',
    plan: 'plan-7',
    job: 'job-7',
    count: 214,
    decision: 'decision-7',
    run: 'sweep-7',
  },
  ...{
    audit: 'audit-7',
    seq: 3,
    queue: 'orders.dead',
    refusal: 'may-delete',
    look: 'look-7',
    type: 'quorum',
  },
  ...{
    group: 'billing',
    reading: 'reading-7',
    brokenAt: 812,
    known: 'orders, billing',
    path: '/var/lib/redrive/redrive.db',
  },
  ...{ role: 'a viewer', needed: 'an operator', operator: 'ann' },
  ...{ environment: 'production', minutes: 90, max: 60 },
} as const

describe('errors', () => {
  test.each([...errorCodes])('%s with what it brings is whole in both languages', (code) => {
    for (const locale of ['en', 'zh-CN'] as const) {
      const { what, means, next } = sayErrorIn(() => (locale === 'en' ? null : chineseTranslation))({
        code,
        detail: DETAIL,
      })
      const tables = locale === 'en' ? englishSentences : chineseSentences
      const names = placeholders(Object.values(tables[code]).join(' '))
      expect(names.filter((name) => !Object.hasOwn(DETAIL, name))).toEqual([])
      for (const sentence of [what, means, next]) {
        expect(sentence).toBe(sentence.trim())
        expect(sentence).not.toMatch(/\{\w+\}|  |undefined|\[object/)
        // What a server or a person said stands there as they said it.
        if (!Object.values<unknown>(DETAIL).includes(sentence))
          expect(sentence).toMatch(locale === 'en' ? /[.\])]$/ : /[。）\]]$/)
      }
      expect(new Set([what, means, next]).size).toBe(3)
      if (locale === 'zh-CN')
        for (const sentence of [means, next])
          if (sentence !== DETAIL.instead) expect(sentence).toMatch(/\p{Script=Han}/u)
    }
  })

  test.each([...errorCodes, 'engine-unreachable' as const])(
    '%s says what, what it means and what to do',
    (code) => {
      for (const locale of ['en', 'zh-CN'] as const) {
        const said = sayErrorIn(() => (locale === 'en' ? null : chineseTranslation))({ code, detail: {} })
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
