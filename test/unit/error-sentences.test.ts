import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { englishSentences } from '../../src-preload/contract/explain.ts'
import type { ErrorCode } from '../../src-preload/contract/errors.ts'

const ROOT = resolve(import.meta.dirname, '../..')

interface Throw {
  readonly place: string
  readonly code: ErrorCode
  readonly detail: string
}

/** Every `new RedriveError('code', 'retry', { … })` whose detail is written out on the spot, without spreads. */
function throwsOf(file: string): Throw[] {
  const text = readFileSync(resolve(ROOT, file), 'utf8')
  const pattern =
    /new RedriveError\(\s*'([\w-]+)',\s*(?:'[\w-]+'|[\w.]+\(\w+\)|[\w.]+)(?:,\s*(\{(?:[^{}]|\{[^{}]*\})*\}|[\w.]+))?\s*[,)]/g
  return [...text.matchAll(pattern)].map((match) => ({
    place: `${file}:${text.slice(0, match.index).split('\n').length}`,
    code: match[1] as ErrorCode,
    detail: match[2] ?? '{}',
  }))
}

function placeholders(code: ErrorCode): string[] {
  const { what, means, next } = englishSentences[code]
  return [...`${what} ${means} ${next}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
}

test('an error that is thrown brings what its sentence names: nobody reads a question mark', () => {
  const found = globSync('src-main/**/*.ts', { cwd: ROOT }).flatMap(throwsOf)
  expect(found.length).toBeGreaterThan(50)
  const holes = found
    .filter(({ detail }) => detail.startsWith('{') && !detail.includes('...'))
    .flatMap(({ place, code, detail }) =>
      placeholders(code)
        .filter((name) => !new RegExp(`\\b${name}\\b\\s*[,:}]`).test(detail))
        .map((name) => `${place} ${code} lacks {${name}}`),
    )
  expect(holes).toEqual([])
})
