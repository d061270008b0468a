import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readableId as inEngine } from '../../src-main/domain/readable-id.ts'
import { createOutput } from '../../src-main/hosts/cli/output.ts'
import { explain } from '../../src-preload/contract/explain.ts'
import { actingInLines, inertLines, inertText } from '../../src-preload/contract/inert-text.ts'
import { cutMiddle } from '../../src-renderer/ui/cut-middle.ts'
import { readableId } from '../../src-renderer/ui/readable-id.ts'

/** A colour, a title of the window, a bell; an order turned, an isolate, a mark; a tag that nobody sees. */
const HOSTILE = '\u001b[31m\u001b]0;owned\u0007 \u009b2J gpj\u202eexe \u2067x\u2069 a\u200bb \u{e0041} \ufeff'
const acts = (text: string): boolean => new RegExp(actingInLines.source, 'u').test(text)
const any = fc.string({ unit: 'binary', maxLength: 40 })

test('what would act is shown as JSON escapes it, and the rest stays as it was', () => {
  expect(inertText('gpj\u202eexe\n')).toBe('gpj\\u202eexe\\u000a')
  expect(inertText('\u{e0041}')).toBe('\\udb40\\udc41')
  expect(inertLines('a\tb\nc\r\u001b[0m')).toBe('a\tb\nc\\u000d\\u001b[0m')
  for (const harmless of ['订单 O-1042 · 已付', 'שלום', 'العربية', '👩‍👩‍👧', 'किताब', 'é'])
    expect(inertText(harmless)).toBe(harmless)
  fc.assert(fc.property(any, (text) => !acts(inertText(text)) && !acts(inertLines(text))))
})

test('JSON that is made inert is the JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.parse(inertLines(text))).toEqual(JSON.parse(text))
    }),
  )
})

test("a stored message drove the operator's terminal from outside of a table: no way of printing lets it", () => {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  for (const json of [false, true]) {
    const output = createOutput({ stdout, stderr }, json)
    output.line(HOSTILE)
    output.raw(HOSTILE)
    output.remark(HOSTILE)
    output.record({ type: 'x', text: HOSTILE })
    output.object({ text: HOSTILE }, { text: HOSTILE })
    output.list([{ text: HOSTILE }], [{ title: 'TEXT', cell: ({ text }) => text }])
    output.failure({ code: 'query-failed', retry: 'never', detail: { reason: HOSTILE, server: HOSTILE } })
  }
  const printed = `${String(stdout.read())}${String(stderr.read())}`
  expect(printed).toContain('gpj')
  expect(acts(printed)).toBe(false)
})

test('ids and errors that turn the order of what is read are shown with their marks', () => {
  for (const shown of [readableId(`m-1${HOSTILE}`), cutMiddle(`m-1${HOSTILE}`, 200)])
    expect(acts(shown)).toBe(false)
  const { what, means, next } = explain('permission-denied', { reason: HOSTILE })
  expect(acts(what + means + next)).toBe(false)
  // The engine's own is never printed but through the output above.
  expect(inEngine('m-1')).toBe('m-1')
})
