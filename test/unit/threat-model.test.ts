import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const PAGE = readFileSync(resolve(ROOT, 'resources/threat-model.md'), 'utf8')
const CLAIMS = PAGE.split('\n').filter((line) => line.startsWith('| ') && !/^\| (What holds|---)/.test(line))

/** `file`: words of a test's name; more of them. */
function named(claim: string): { readonly file: string; readonly words: string }[] {
  const proofs = claim.split(' | ')[2]?.replace(/ \|$/, '') ?? ''
  return [...proofs.matchAll(/`(test\/[^`]+)`: ([^`]+?)(?=; `|$)/g)].flatMap(([, file = '', words = '']) =>
    words.split('; ').map((one) => ({ file, words: one.trim() })),
  )
}

/** Lines that begin a test, or that are its title where the formatter broke the line. */
function titles(file: string): string[] {
  const path = resolve(ROOT, file)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\s*(test|it|describe)\b.*\(|^\s*['"`].*['"`],$/.test(line))
}

test('every claim of the threat model names its test, and the test is there', () => {
  expect(CLAIMS.length).toBeGreaterThan(10)
  const unproved = CLAIMS.filter((claim) => named(claim).length === 0)
  const gone = CLAIMS.flatMap(named).filter(
    ({ file, words }) => !titles(file).some((title) => title.includes(words)),
  )
  expect({ unproved, gone }).toEqual({ unproved: [], gone: [] })
})
