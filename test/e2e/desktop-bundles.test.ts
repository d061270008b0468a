import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const MAIN = resolve(import.meta.dirname, '../../out/main')
const PAGE = resolve(import.meta.dirname, '../../out/renderer')
const IMPORTED = /(?:\bfrom|\bimport)\s*\(?\s*["'`](\.{1,2}\/[^"'`]+)["'`]/g

/** What a bundle reads, at once or later, itself included. */
async function readBy(bundle: string): Promise<ReadonlySet<string>> {
  const files = new Set([bundle])
  for (const file of files)
    for (const [, path = ''] of (await readFile(file, 'utf8')).matchAll(IMPORTED))
      files.add(join(dirname(file), path))
  return files
}

test('the main process reads nothing that the engine runs: a module that both want would start a second engine in it', async () => {
  const files = await readBy(join(MAIN, 'index.js'))
  expect([...files].map((file) => basename(file))).toEqual(
    expect.arrayContaining(['index.js', expect.stringMatching(/^hear-engine-/)]),
  )
  expect(files).not.toContain(join(MAIN, 'engine.js'))
})

test('the engine begins with its own file and two: more would be read one after another', async () => {
  const text = await readFile(join(MAIN, 'engine.js'), 'utf8')
  expect([...text.matchAll(/\bfrom\s*["'](\.[^"']+)["']/g)]).toHaveLength(2)
})

test('the page begins with one file, in which no component of the library is: each of them would be drawn by every start', async () => {
  const html = await readFile(join(PAGE, 'index.html'), 'utf8')
  const scripts = [...html.matchAll(/<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+\.js)"/g)].map(
    ([, path = '']) => path,
  )
  expect(scripts).toEqual([expect.stringMatching(/assets\/first-[\w-]+\.js$/)])
  const text = await readFile(join(PAGE, scripts[0] ?? ''), 'utf8')
  expect([...text.matchAll(/\b(?:from|import)\s*["'](\.[^"']+)["']/g)]).toEqual([])
  // What each component of the library is called in its style.
  expect(text.match(/\bn-(?:button|radio|notification|scrollbar|select|modal)\b/g)).toBeNull()
})
