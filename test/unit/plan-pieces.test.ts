import { expect, test } from 'vitest'
import { PIECE_CHARS_MAX, planPieces, PlanLineTooLong } from '../../src-preload/contract/plan-pieces.ts'
import { FILE_LINE_CHARS_MAX, FILE_LINES_MAX } from '../../src-preload/contract/plan-pieces.ts'

async function* parts(text: string, size: number): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size)
}

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = []
  for await (const one of given) taken.push(one)
  return taken
}

async function pieces(text: string, size = 7): Promise<(readonly string[])[]> {
  return all(planPieces(parts(text, size)))
}

test('the header comes alone, then the lines, wherever the file is cut', async () => {
  for (const size of [1, 2, 3, 1_000])
    expect(await pieces('head\none\ntwo\r\n\n  \nthree', size)).toEqual([['head'], ['one', 'two', 'three']])
  expect(await pieces('')).toEqual([])
  expect(await pieces('\n\r\n')).toEqual([])
  expect(await pieces('head')).toEqual([['head']])
})

test('a call has a thousand lines at most, and a million characters where there is more than one line', async () => {
  const many = Array.from({ length: 2 * FILE_LINES_MAX + 1 }, (_, index) => `line ${index}`)
  const cut = await pieces(['head', ...many].join('\n'), 4_096)
  expect(cut.map(({ length }) => length)).toEqual([1, FILE_LINES_MAX, FILE_LINES_MAX, 1])
  expect(cut.slice(1).flat()).toEqual(many)
  const half = 'x'.repeat(PIECE_CHARS_MAX / 2 + 1)
  const long = 'y'.repeat(PIECE_CHARS_MAX + 1)
  const wide = await pieces(['head', half, half, long, 'z'].join('\n'), 65_536)
  expect(wide.map((piece) => piece.map(({ length }) => length))).toEqual([
    [4],
    [half.length],
    [half.length],
    [long.length],
    [1],
  ])
})

test('a file without lines is given up at the longest line that a plan may have, not read to its end', async () => {
  let given = 0
  async function* endless(): AsyncGenerator<string> {
    yield 'head\n'
    for (;;) {
      given += 1
      yield 'x'.repeat(100_000)
    }
  }
  const read = all(planPieces(endless()))
  await expect(read).rejects.toThrow(PlanLineTooLong)
  await expect(read).rejects.toMatchObject({ line: 2 })
  expect(given).toBeLessThanOrEqual(FILE_LINE_CHARS_MAX / 100_000 + 1)
})
