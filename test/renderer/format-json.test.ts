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

test('a payload of a hundred thousand brackets ended the page, formatted into gigabytes of indents: it is shown as stored', () => {
  const deep = (brackets: number): string => '['.repeat(brackets) + ']'.repeat(brackets)
  expect(formatJson(deep(100_000))).toBeNull()
  expect(formatJson(deep(201))).toBeNull()
  expect(formatJson(deep(200))?.split('\n')).toHaveLength(399)
})

test('a text of nearly two million characters is one token', () => {
  const text = JSON.stringify({ text: `\\"${'x'.repeat(1_900_000)}` })
  expect(formatJson(text)?.length).toBe(text.length + '\n  '.length + ' '.length + '\n'.length)
})
