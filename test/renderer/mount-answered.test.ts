import { expect, test } from 'vitest'
import { createEngine } from '../../src-renderer/api/client.ts'
import { createConsole } from '../../src-renderer/app/create-console.ts'
import { mountAnswered } from '../../src-renderer/app/mount-answered.ts'
import { usePreferences } from '../../src-renderer/app/state/preferences.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld } from './support/fake-world.ts'
import { mountConsole } from './support/mount-console.ts'

test('the page is drawn once: with its sources, and with what is in trouble in the one in view', async () => {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count: 20, nowMs: world.now(), mix: { failed: 1, sent: 1 } })
  addSource(world, { name: 'shop', messages, environment: 'development' })
  const failed = messages.filter(({ state }) => state === 'failed').length
  const page = await mountConsole({ world })
  expect(page.find('[data-source=shop]').textContent).toMatch(new RegExp(`${failed}.*oldest`))
  expect(page.find('nav .badge').textContent).toBe(String(failed))
})

test('an engine that does not answer holds up no page: it is drawn, and says what it waits for', async () => {
  const engine = createEngine({ transport: () => new Promise(() => undefined) })
  const waiting = createConsole({ engine })
  const root = document.body.appendChild(document.createElement('div'))
  await mountAnswered(waiting, root)
  expect(root.querySelector('footer')?.textContent).toContain('Connecting')
  waiting.app.unmount()
  root.remove()
})

test('the chosen source is asked once, at once: not a second time when the sources are known', async () => {
  const world = createWorld()
  addBroker(world)
  addSource(world, { name: 'shop', messages: [], environment: 'development' })
  await mountConsole({ world, preferences: JSON.stringify({ locale: 'en', source: 'shop' }) })
  const [first, second] = world.calls.filter((call) => !call.startsWith('session.'))
  expect([first, second].toSorted()).toEqual(['connections.list', 'overview.source shop'])
  expect(world.calls.filter((call) => call === 'overview.source shop')).toHaveLength(1)
})

test('a choice that is gone: the first source is shown and counted, and nothing is said of the other', async () => {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count: 10, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', messages, environment: 'development' })
  const page = await mountConsole({
    world,
    preferences: JSON.stringify({ locale: 'en', source: 'gone' }),
  })
  await page.until(() => expect(page.find('nav .badge').textContent).toBe('10'))
  expect(page.text('body')).not.toContain('gone')
})

test('the language was pinned by the first start: what nobody chose stays what the browser prefers', async () => {
  const world = createWorld()
  addBroker(world)
  addSource(world, { name: 'shop', messages: [], environment: 'development' })
  const page = await mountConsole({ world, preferences: '{}' })
  const kept = (): unknown => JSON.parse(localStorage.getItem('redrive.preferences') ?? '{}')
  expect(kept()).toMatchObject({ source: 'shop', locale: null, theme: 'system' })
  page.app.runWithContext(() => usePreferences()).locale = 'zh-CN'
  expect(kept()).toMatchObject({ source: 'shop', locale: 'zh-CN' })
})

test('a source that is shown by itself is the chosen one: the next start asks about it at once', async () => {
  const world = createWorld()
  addBroker(world)
  addSource(world, { name: 'shop', messages: [], environment: 'development' })
  addSource(world, { name: 'till', messages: [], environment: 'development' })
  await mountConsole({ world })
  const kept = JSON.parse(localStorage.getItem('redrive.preferences') ?? '{}') as { source?: string }
  expect(kept.source).toBe('shop')
})
