import { expect, test, vi } from 'vitest'
import { createConsoleRouter } from '../../src-renderer/app/router.ts'

test('an address changed while the first page still loads is followed, not written over', async () => {
  window.location.hash = ''
  const router = createConsoleRouter()
  void router.push('/')
  window.location.hash = '#/alerts'
  window.dispatchEvent(new HashChangeEvent('hashchange', { newURL: window.location.href }))
  await router.isReady()
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('alerts'), { timeout: 20_000 })
  expect(window.location.hash).toBe('#/alerts')
})
