import { expect, test } from 'vitest'
import { parseArguments } from '../../src-main/hosts/cli/arguments.ts'
import type { OptionSpecs } from '../../src-main/hosts/cli/arguments.ts'

const specs: OptionSpecs = {
  id: { kind: 'list', help: '' },
  reason: { kind: 'text', help: '' },
  limit: { kind: 'text', help: '' },
  json: { kind: 'flag', help: '' },
}
const parse = (...argv: string[]): ReturnType<typeof parseArguments> => parseArguments(argv, specs)
const usage = expect.objectContaining({ code: 'usage', retry: 'never' })

test('a list takes words up to the next option, and may be given again', () => {
  const args = parse('job', '--id', '1', '2', '--json', 'extra', '--id=3', '--reason', 'a b')
  expect(args.list('id')).toEqual(['1', '2', '3'])
  expect(args.operands).toEqual(['job', 'extra'])
  expect(args.text('reason')).toBe('a b')
  expect(args.flag('json')).toBe(true)
})

test('after two dashes every word is an operand', () => {
  const args = parse('--id', '1', '--', '--json')
  expect(args.list('id')).toEqual(['1'])
  expect(args.operands).toEqual(['--json'])
})

test('an unknown option, a missing value, a value for a flag or a text given twice is wrong usage', () => {
  for (const argv of [['--nope'], ['--reason'], ['--json=yes'], ['--reason', 'a', '--reason', 'b'], ['-x']]) {
    expect(() => parse(...argv), argv.join(' ')).toThrow(usage)
  }
  expect(() => parse().required('reason')).toThrow(usage)
  expect(() => parse('--reason', '').required('reason')).toThrow(usage)
})

test('numbers are whole, in range and written plainly', () => {
  expect(parse('--limit', '10').integer('limit', { min: 1, max: 10 })).toBe(10)
  expect(parse().integer('limit', { min: 1, max: 10 })).toBe(null)
  for (const text of ['0', '11', '1.5', '1e1', '0x1', '-1', ' 1', '']) {
    expect(() => parse(`--limit=${text}`).integer('limit', { min: 1, max: 10 }), text).toThrow(usage)
  }
  expect(parse('--limit', '0.5').number('limit', { above: 0, max: 10 })).toBe(0.5)
  expect(() => parse('--limit', '0').number('limit', { above: 0, max: 10 })).toThrow(usage)
})

test('a choice is one of those named', () => {
  expect(parse('--reason', 'sent').choice('reason', ['sent', 'not-sent'])).toBe('sent')
  expect(() => parse('--reason', 'Sent').choice('reason', ['sent', 'not-sent'])).toThrow(usage)
  expect(() => parse('--id', 'a', 'c').choices('id', ['a', 'b'])).toThrow(usage)
})
