import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const MODULE = resolve(import.meta.dirname, '../../src-main/hosts/desktop/no-forms.ts')

test('the desktop engine read all of Node’s fetch at its first request, to know that it was no form', async () => {
  const script = `
    await import(${JSON.stringify(MODULE)})
    const form = {} instanceof FormData
    console.log(JSON.stringify({ form, read: process.moduleLoadList.some((name) => name.includes('undici')) }))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script])
  expect(JSON.parse(stdout)).toEqual({ form: false, read: false })
})
