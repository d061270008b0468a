import { expect, test } from 'vitest'
import { alertTroubles } from '../../src-main/domain/alert/rule.ts'
import { alertWords } from '../../src-main/hosts/desktop/alert-words.ts'
import { trayPicture } from '../../src-main/hosts/desktop/tray-picture.ts'

const notice = (more: object) => ({
  rule: 'pile-up',
  kind: 'source' as const,
  name: 'shop',
  measure: 'count' as const,
  trouble: 'failed' as const,
  value: 214,
  ...more,
})

test('a notification says what was measured, in the language of the desktop', () => {
  const { title, body, firing } = alertWords('en-GB')
  expect([title(notice({})), body(notice({}))]).toEqual(['shop: pile-up', '214 messages failed'])
  expect(body(notice({ measure: 'oldest', trouble: 'stuck', value: 5_400 }))).toContain('2 h')
  expect(body(notice({ measure: 'failure-rate', trouble: null, value: 0.254 }))).toContain('25 %')
  expect([firing(0), firing(1), firing(2)]).toEqual([
    'Redrive: no alert fires',
    'Redrive: 1 alert fires',
    'Redrive: 2 alerts fire',
  ])
  const chinese = alertWords('zh-CN')
  expect(chinese.body(notice({}))).toBe('214 条消息失败')
  expect(chinese.firing(2)).toContain('2 个告警')
})

test('every measure has its words in both languages', () => {
  for (const locale of ['en', 'zh-CN']) {
    const { body } = alertWords(locale)
    const texts = [
      ...alertTroubles.flatMap((trouble) => [
        body(notice({ trouble })),
        body(notice({ measure: 'oldest' as const, trouble })),
      ]),
      ...(['failure-rate', 'stopped', 'source-silent', 'broker-silent'] as const).map((measure) =>
        body(notice({ measure, trouble: null, value: null })),
      ),
    ]
    expect(texts.every((text) => text.length > 3 && !text.includes('undefined'))).toBe(true)
    expect(new Set(texts).size).toBe(texts.length)
  }
})

test('the tray: a ring that is hollow, and a full disc while an alert fires; its corners are empty', () => {
  const opacity = (firing: boolean, x: number, y: number): number => {
    const { size, pixels } = trayPicture(firing)
    expect(pixels).toHaveLength(size * size * 4)
    return pixels[(y * size + x) * 4 + 3] ?? -1
  }
  expect([opacity(false, 0, 0), opacity(true, 0, 0)]).toEqual([0, 0])
  // Between the point and the ring.
  expect([opacity(false, 16, 8), opacity(true, 16, 8)]).toEqual([0, 255])
  expect([opacity(false, 16, 3), opacity(false, 16, 16)]).toEqual([255, 255])
})
