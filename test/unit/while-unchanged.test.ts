import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whileUnchanged } from '../../src-main/adapters/workspace-file/while-unchanged.ts'
import { scratchFolder } from '../support/scratch.ts'

const HOUR_MS = 3_600_000

/** A file, and how often it was read. */
async function scene(text: string) {
  const path = join(await scratchFolder(), 'file.json')
  writeFileSync(path, text)
  let readings = 0
  const load = whileUnchanged(path, () => {
    readings += 1
    return Promise.resolve(readFileSync(path, 'utf8'))
  })
  return { path, load, readings: () => readings }
}

/** Everything that was written until now was written long ago. */
function later(): void {
  vi.setSystemTime(Date.now() + HOUR_MS)
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

test('a file that nobody touches is read once', async () => {
  const { load, readings } = await scene('old')
  later()
  expect([await load(), await load(), await load()]).toEqual(['old', 'old', 'old'])
  expect(readings()).toBe(1)
})

test('a file that was written a moment ago is read at each call: it may be written again in the same tick', async () => {
  const { load, readings, path } = await scene('old')
  expect(await load()).toBe('old')
  writeFileSync(path, 'new')
  expect(await load()).toBe('new')
  expect(readings()).toBe(2)
})

test('as many bytes with the old time of writing are another file all the same', async () => {
  const { load, path } = await scene('old')
  later()
  expect(await load()).toBe('old')
  const { atime, mtime } = statSync(path)
  writeFileSync(path, 'new')
  utimesSync(path, atime, mtime)
  expect(await load()).toBe('new')
})

test('a file that takes its place is read, and one that is gone is not remembered', async () => {
  const { load, path } = await scene('old')
  later()
  expect(await load()).toBe('old')
  writeFileSync(`${path}.new`, 'new')
  renameSync(`${path}.new`, path)
  expect(await load()).toBe('new')
  rmSync(path)
  await expect(load()).rejects.toThrow('ENOENT')
})
