import { describe, expect, test } from 'vitest'
// The page is a part that is loaded when it is first seen: here before the clock of the first test runs.
import '../../src-renderer/features/inbox/InboxPage.vue'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const ROW = '[role=row][data-id]'
const PROGRESS = '[data-search]'

function shop(count = 300): World {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count, nowMs: world.now(), mix: { failed: 1 } })
  messages.slice(0, 3).forEach((message) => {
    message.payload = '{"needle":true}'
  })
  addSource(world, { name: 'shop', messages, unlocked: true })
  return world
}

function search(world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> {
  return mountConsole({ world, locale, path: '/inbox?source=shop&q=payload:needle' })
}

function button(page: MountedConsole, label: string): HTMLElement {
  const found = page.all('button').find((one) => one.textContent?.trim() === label)
  if (found === undefined) throw new Error(`no button ${label}`)
  return found
}

describe('searching inside of messages', () => {
  test('goes on look after look by itself until the end, and says how far it came', async () => {
    const world = shop()
    world.switches.searchRows = 40
    const page = await search(world)
    await page.until(() =>
      expect(page.text(PROGRESS)).toContain('Looked through 300 of about 300 rows. 3 found.'),
    )
    expect(page.all(ROW)).toHaveLength(3)
    expect(page.text('[data-note=filtered]')).toBeNull()
  })

  test('can be stopped, says that it has not reached the end, and goes on from there', async () => {
    const world = shop()
    world.switches.silent = 'messages.list'
    const page = await search(world)
    await page.until(() => expect(page.text(PROGRESS)).toContain('Searching inside of messages.'))
    await page.click(button(page, 'Stop here'))
    await page.until(() => expect(page.text(PROGRESS)).toContain('The search has not reached the end.'))
    // What was not looked at is not called empty.
    expect(page.text('[data-note=filtered]')).toBeNull()
    expect(page.text('[data-note=empty]')).toBeNull()
    world.switches.silent = null
    await page.click(button(page, 'Go on from there'))
    await page.until(() => expect(page.all(ROW)).toHaveLength(3))
  })

  test('says that nothing has it only when all was looked at; groups are not counted meanwhile', async () => {
    const world = shop()
    world.switches.searchRows = 100
    const page = await mountConsole({ world, locale: 'en', path: '/inbox?source=shop&q=payload:nowhere' })
    await page.until(() => expect(page.text('[data-note=filtered]')).toContain('No message has this in it'))
    expect(page.text(PROGRESS)).toContain('Looked through 300')
    expect(page.text(PROGRESS)).not.toContain('so far')
    expect(page.text('[aria-label="Narrow the list"]')).toContain('Not counted while messages are searched')
  })

  test('speaks Chinese', async () => {
    const page = await search(shop(), 'zh-CN')
    await page.until(() => expect(page.text(PROGRESS)).toContain('已查 300 行'))
  })
})
