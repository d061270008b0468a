import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createOutput } from '../../src-main/hosts/cli/output.ts'
import { renderFields, renderTable } from '../../src-main/hosts/cli/table.ts'

function capture(json: boolean): {
  output: ReturnType<typeof createOutput>
  out: () => string
  err: () => string
} {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const text = (stream: PassThrough): string => String(stream.read() ?? '')
  return { output: createOutput({ stdout, stderr }, json), out: () => text(stdout), err: () => text(stderr) }
}

test('a table is aligned, cut and safe to show in a terminal', () => {
  const rows = [
    { id: '1', text: 'short' },
    { id: '1000', text: `\u001b[31mred\u0007${'x'.repeat(100)}` },
  ]
  const lines = renderTable(rows, [
    { title: 'ID', cell: ({ id }) => id, align: 'right' },
    { title: 'TEXT', cell: ({ text }) => text, widthMax: 30 },
  ])
  expect(lines[0]).toBe('  ID  TEXT')
  expect(lines[1]).toBe('   1  short')
  expect(lines[2]).toMatch(/^1000 {2}\\u001b\[31mred\\u0007x+…$/)
  expect(lines[2]).toHaveLength(4 + 2 + 30)
  expect(renderFields({ a: null, long: true })).toEqual(['a     -', 'long  true'])
})

test('programs get one JSON object a line, and an error among them', () => {
  const { output, out, err } = capture(true)
  output.list([{ id: '1' }, { id: '2' }], [{ title: 'ID', cell: ({ id }) => id }])
  output.line('for people')
  output.failure({ code: 'source-unknown', retry: 'never', detail: { source: 'x', known: 'orders' } })
  const lines = out().trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { id: '1' },
    { id: '2' },
    {
      type: 'error',
      code: 'source-unknown',
      retry: 'never',
      detail: { source: 'x', known: 'orders' },
      message: 'There is no source "x" in the workspace.',
    },
  ])
  expect(err()).toBe('')
})

test('people get what happened, what it means and what to do, on standard error', () => {
  const { output, out, err } = capture(false)
  output.failure({ code: 'source-unknown', retry: 'never', detail: { source: 'x', known: 'orders' } })
  expect(out()).toBe('')
  expect(err()).toMatch(/^redrive: There is no source "x".*\nNothing was sent.*\nUse one of: orders\.\n$/)
})

test('a reader that went away is noticed and not written to again', () => {
  const stdout = new PassThrough()
  const output = createOutput({ stdout, stderr: new PassThrough() }, true)
  expect(output.closed()).toBe(false)
  stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  expect(output.closed()).toBe(true)
  output.raw('lost')
  expect(stdout.read()).toBe(null)
})
