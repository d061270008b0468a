import { expect, test, vi } from 'vitest'
import { bridgeTransport } from '../../src-renderer/api/transport.ts'

/*
 * For an error, and for a posted message, the browser notes where it comes from. While the page's file is evaluated it reads the
 * whole of it again for that, which takes as long as everything else that a start does there.
 */

test('a start took a tenth longer: the router parsed the scroll positions that a new window does not have', async () => {
  sessionStorage.clear()
  vi.resetModules()
  await import('../../src-renderer/app/no-scroll-yet.ts')
  const parse = vi.spyOn(JSON, 'parse')
  await import('vue-router')
  expect(parse.mock.results.map(({ type }) => type)).toEqual(['return'])
  parse.mockRestore()
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
