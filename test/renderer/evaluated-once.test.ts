import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { bridgeTransport } from '../../src-renderer/api/transport.ts'

/*
 * For an error, and for a posted message, the browser notes where it comes from. While the page's file is evaluated it reads the
 * whole of it again for that, which takes as long as everything else that a start does there.
 */

/** How each parsing of JSON ends while the router is imported by a process of its own, in which it never was before. */
function parsedByRouter(before: string): string {
  const code = `
    globalThis.sessionStorage = {}
    ${before}
    const { parse } = JSON
    const ended = []
    JSON.parse = (text) => {
      try {
        const value = parse(text)
        ended.push('read')
        return value
      } catch (error) {
        ended.push('failed')
        throw error
      }
    }
    await import('vue-router')
    process.stdout.write(ended.join())`
  return execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' })
}

test('a start took a tenth longer: the router parsed the scroll positions that a new window does not have', () => {
  const before = resolve('src-renderer/app/no-scroll-yet.ts')
  expect(parsedByRouter('')).toBe('failed')
  expect(parsedByRouter(`await import(${JSON.stringify(before)})`)).toBe('read')
})

test('a start took a tenth longer: the way to the engine was asked for while the page was evaluated', async () => {
  const post = vi.spyOn(window, 'postMessage').mockImplementation(() => undefined)
  const ended = new AbortController()
  const line = bridgeTransport(window)(ended.signal)
  expect(post).not.toHaveBeenCalled()
  await Promise.resolve()
  expect(post).toHaveBeenCalledTimes(1)
  ended.abort()
  await expect(line).rejects.toThrow('does not answer')
  post.mockRestore()
})
