import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src-preload/contract/error-codes.ts'
import type { ErrorCode } from '../../src-preload/contract/errors.ts'
import { englishSentences } from '../../src-preload/contract/explain.ts'

const ROOT = resolve(import.meta.dirname, '../..')

function textsOf(pattern: string, without: RegExp): string[] {
  return globSync(pattern, { cwd: ROOT })
    .filter((file) => !without.test(file))
    .map((file) => readFileSync(resolve(ROOT, file), 'utf8'))
}

/** The list of codes itself throws nothing, and a table of exit codes neither. */
const product = textsOf('src-main/**/*.ts', /domain\/errors\.ts$|cli\/exit-codes\.ts$/)
/** Of those that run the engine: the page's tests meet errors that a double makes, and these here only name them. */
const provoking = textsOf(
  'test/{unit,integration,conformance,faults,simulation,layouts,proofs,e2e}/**/*.ts',
  /unit\/error-(codes|sentences)\.test\.ts$/,
)
const named = (texts: readonly string[], code: ErrorCode): boolean =>
  texts.some((text) => new RegExp(`['"\`]${code}['"\`]`).test(text))

describe('each error of the contract', () => {
  test.each([...errorCodes])('%s is thrown somewhere in the product', (code) => {
    expect(named(product, code)).toBe(true)
  })

  test.each([...errorCodes])('%s is provoked by a test of the engine', (code) => {
    expect(named(provoking, code)).toBe(true)
  })

  test.each([...errorCodes])('%s has three sentences of its own, whole ones', (code) => {
    const { what, means, next } = englishSentences[code]
    // One that is wholly a value is said by the engine.
    for (const sentence of [what, means, next]) expect(sentence).toMatch(/^(\{\w+\}|["A-Z{].*[.\])])$/s)
    expect(new Set([what, means, next]).size).toBe(3)
  })
})

test('no error has the words of another: who reads one knows which it is', () => {
  const told = errorCodes.map((code) => englishSentences[code].what)
  expect(told.filter((what, at) => told.indexOf(what) !== at)).toEqual([])
})
