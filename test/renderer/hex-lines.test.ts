import { expect, test } from 'vitest'
import { binaryDigits, hexDump, hexLine, hexText } from '../../src-renderer/ui/hex-lines.ts'

test('only what is written as bytes is binary', () => {
  expect(binaryDigits(String.raw`\x00ff`)).toBe('00ff')
  expect(binaryDigits(String.raw`\x00f`)).toBeNull()
  expect(binaryDigits(String.raw`{"a":"\x00ff"}`)).toBeNull()
})

test('a line has its offset, its bytes and what of them can be read', () => {
  const digits = Buffer.from('Redrive\u0000\u00ff! 12345678').toString('hex')
  expect(hexLine(digits, 0, 8)).toEqual({
    offset: '00000000',
    bytes: '52 65 64 72 69 76 65 00',
    text: 'Redrive.',
  })
  expect(hexLine(digits, 1, 16)).toEqual({ offset: '00000010', bytes: '35 36 37 38', text: '5678' })
  expect(hexLine(digits, 9, 16)).toMatchObject({ bytes: '', text: '' })
})

test('lines of a dump stand below each other, the last one too', () => {
  expect(hexDump('00ff80416263', 4)).toBe('00000000  00 ff 80 41  ...A\n00000004  62 63        bc')
})

test('bytes to be compared stand sixteen in a line, without offsets', () => {
  expect(hexText('00'.repeat(16) + 'ff01')).toBe(`${Array(16).fill('00').join(' ')}\nff 01`)
})
