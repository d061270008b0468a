import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatJson } from '../../src-renderer/ui/format-json.ts'

const withoutSpace = (json: string): string => json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')

describe('formatted JSON', () => {
  test('changes nothing but the whitespace between tokens', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const formatted = formatJson(text)
        expect(withoutSpace(formatted ?? '')).toBe(withoutSpace(text))
      }),
    )
  })

  test('looks as JSON.stringify would indent it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        expect(formatJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2))
      }),
    )
  })

  test('keeps digits and escapes that a parser would lose', () => {
    expect(formatJson('{"id":9007199254740993,"rate":1.10,"x":"\\u0041\\/"}')).toBe(
      '{\n  "id": 9007199254740993,\n  "rate": 1.10,\n  "x": "\\u0041\\/"\n}',
    )
  })

  test('what is no JSON is not touched', () => {
    expect(formatJson('{"a":')).toBeNull()
    expect(formatJson('plain text')).toBeNull()
  })
})
