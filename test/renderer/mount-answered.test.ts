import { expect, test } from 'vitest'
import { createEngine } from '../../src-renderer/api/client.ts'
import { createConsole } from '../../src-renderer/app/create-console.ts'
import { mountAnswered } from '../../src-renderer/app/mount-answered.ts'
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
