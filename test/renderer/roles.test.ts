import { describe, expect, test } from 'vitest'
import type { Role } from '../../src-preload/contract/role.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { button, hasButton } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const REFUSED = 'You are here as viewer; this needs the role operator.'

function shop(role: Role, unlocked = true): World {
  const world = createWorld()
  world.switches.person = { role, canLogOut: false }
  addBroker(world)
  const messages = makeMessages({ count: 20, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', messages, unlocked })
  return world
}

async function select(page: MountedConsole): Promise<void> {
  await page.until(() => expect(page.all('[role=row][data-id]').length).toBeGreaterThan(0))
  await page.press('x')
  await page.until(() => page.find('[role=toolbar]'))
}

describe('a viewer', () => {
  test.each([
    ['en', '· viewer'],
    ['zh-CN', '· 查看者'],
  ] as const)('sees who they are and as what, in %s', async (locale, says) => {
    const page = await mountConsole({ world: shop('viewer'), locale })
    await page.until(() => expect(page.text('[data-test=operator]')).toContain(says))
  })

  test('finds every act where it was, not to be pressed, and why', async () => {
    const page = await mountConsole({ world: shop('viewer'), path: '/connections?source=shop' })
    await page.until(() => button(page, 'Test shop'))
    for (const words of ['Test shop', 'Remove shop…']) {
      const act = button(page, words)
      expect(act.disabled).toBe(true)
      const about = act.getAttribute('aria-describedby') ?? ''
      expect(act.ownerDocument.getElementById(about)?.textContent).toMatch(
        /^You are here as viewer; this needs the role/,
      )
      expect(act.closest('[data-test=refused]')?.getAttribute('title')).toMatch(/^You are here as viewer/)
    }
  })

  test('who presses the key of an act is told why nothing happens, and nothing opens', async () => {
    const world = shop('viewer', false)
    const page = await mountConsole({ world, path: '/inbox?q=trouble:failed' })
    await select(page)
    for (const key of ['r', 'e']) {
      await page.press(key)
      await page.until(() => expect(document.body.textContent).toContain(REFUSED))
      expect(page.all('[role=dialog]')).toEqual([])
    }
    expect(world.journal).toEqual([])
    expect(world.plans.size).toBe(0)
  })
})

test('an operator acts, and configures nothing', async () => {
  const page = await mountConsole({ world: shop('operator'), path: '/connections?source=shop' })
  await page.until(() => button(page, 'Test shop'))
  expect(button(page, 'Test shop').disabled).toBe(false)
  expect(button(page, 'Remove shop…').disabled).toBe(true)
  await page.router.push('/inbox?q=trouble:failed')
  await select(page)
  await page.press('r')
  await page.until(() => expect(page.text('[role=dialog]')).toContain('Resend'))
})

test('an administrator finds no button refused', async () => {
  const page = await mountConsole({ world: shop('administrator'), path: '/connections?source=shop' })
  await page.until(() => button(page, 'Remove shop…'))
  expect(page.all('[data-test=refused]')).toEqual([])
  expect(hasButton(page, 'Test shop')).toBe(true)
})
