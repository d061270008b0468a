import { expect, test } from 'vitest'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { acts, button, field, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

function shop(environment: 'development' | 'production'): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count: 40, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', environment, unlocked: true, messages })
  return world
}

function messageAt(world: World, index: number) {
  const message = world.sources.get('shop')?.messages[index]
  if (message === undefined) throw new Error(`no message ${index}`)
  return message
}

async function openResolve(world: World): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: '/jobs' })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  const items = [0, 1, 2].map((index) => messageAt(world, index))
  acts(page).resolve({ source: 'shop', items: items.map(({ id, version }) => ({ id, version })) })
  await page.until(() => field(page, 'Reason'))
  return page
}

const dialog = (page: MountedConsole): string => page.text('[role=dialog]') ?? ''

test('a reason is mandatory, and blanks are none', async () => {
  const world = shop('development')
  const page = await openResolve(world)
  expect(button(page, 'Resolve 3 messages').disabled).toBe(true)
  await type(field(page, 'Reason'), '   ')
  expect(button(page, 'Resolve 3 messages').disabled).toBe(true)
  await submit(page)
  expect(world.decisions.size).toBe(0)
  await type(field(page, 'Reason'), 'delivered by hand')
  await submit(page)
  await page.until(() => expect(dialog(page)).toContain('3 messages resolved.'))
  expect([...world.decisions.values()].map(({ reason }) => reason)).toEqual(
    Array(3).fill('delivered by hand'),
  )
})

test('in production the count is typed too', async () => {
  const world = shop('production')
  const page = await openResolve(world)
  await type(field(page, 'Reason'), 'cancelled by the shop')
  expect(button(page, 'Resolve 3 messages').disabled).toBe(true)
  await type(field(page, 'Number of messages'), '3')
  await submit(page)
  await page.until(() => expect(dialog(page)).toContain('3 messages resolved.'))
})

test('a row that changed is named, the others are resolved and can be taken back', async () => {
  const world = shop('development')
  const page = await openResolve(world)
  messageAt(world, 1).version = 'somebody was here'
  await type(field(page, 'Reason'), 'delivered by hand')
  await submit(page)
  await page.until(() => expect(dialog(page)).toContain('2 messages resolved.'))
  const left = page.all('[data-test=left-alone]').map((row) => row.textContent)
  expect(left).toEqual([expect.stringContaining('changed since it was shown')])
  expect(left[0]).toContain(messageAt(world, 1).id)
  await page.click(button(page, 'Undo 2 resolved messages'))
  await page.until(() => expect(hasButton(page, 'Undo')).toBe(false))
  expect(page.all('[data-test=applied]').map((row) => row.textContent)).toEqual([
    expect.stringContaining('undone'),
    expect.stringContaining('undone'),
  ])
  expect(messageAt(world, 0).state).toBe('failed')
})

test('an undo that comes too late says so in its row', async () => {
  const world = shop('development')
  const page = await openResolve(world)
  await type(field(page, 'Reason'), 'delivered by hand')
  await submit(page)
  await page.until(() => expect(dialog(page)).toContain('3 messages resolved.'))
  messageAt(world, 0).undo = null
  await page.click(page.find(`[aria-label="Undo ${messageAt(world, 0).id}"]`))
  await page.until(() =>
    expect(dialog(page)).toContain(
      'The row was changed after the decision, or the decision is no longer in force.',
    ),
  )
})
