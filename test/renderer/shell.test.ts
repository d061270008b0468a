import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { makeMessages } from './support/fake-messages.ts'
import { runPlan } from './support/fake-jobs.ts'
import { makePlan } from './support/fake-plans.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { mountConsole } from './support/mount-console.ts'

function shop(unlocked = true): World {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count: 20, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', messages, unlocked })
  return world
}

describe('the frame', () => {
  test('a store that can only be looked at is said on every page', async () => {
    const world = shop()
    world.switches.lookOnly = true
    const page = await mountConsole({ world })
    await page.until(() => expect(page.text('[data-test=look-only]')).toContain('read-only file system'))
    expect(page.text('[data-test=look-only]')).toContain('nothing is sent')
    await page.router.push('/journal')
    await page.until(() => expect(page.text('[data-test=look-only]')).toContain('read-only file system'))
  })

  test('g and a letter go to a page; the next letter alone does nothing', async () => {
    const page = await mountConsole({ world: shop() })
    await page.press('g')
    await page.press('c')
    await page.until(() => expect(page.router.currentRoute.value.name).toBe('connections'))
    await page.press('o')
    expect(page.router.currentRoute.value.name).toBe('connections')
  })

  test('the keys are on a sheet, by page, which can be printed', async () => {
    const page = await mountConsole({ world: shop() })
    const print = vi.fn<() => void>()
    vi.stubGlobal('print', print)
    onTestFinished(() => void vi.unstubAllGlobals())
    await page.press('?')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Extend the selection'))
    const titles = page.all('[role=dialog] h3').map(({ textContent }) => textContent)
    expect(titles).toEqual(expect.arrayContaining(['Everywhere', 'Inbox', 'Sweeps', 'Journal']))
    const said = page.all('[role=dialog] dd').map(({ textContent }) => textContent)
    expect(said).toContain('Resend all that match…')
    expect(said.filter((text) => text?.includes('keys.'))).toEqual([])
    await page.click('[role=dialog] button[type=submit]')
    expect(print).toHaveBeenCalledOnce()
  })

  test('the commands narrow as one types, and the theme is painted at once', async () => {
    const page = await mountConsole({ world: shop() })
    await page.press('k', { ctrl: true })
    const input = await page.until(() => page.find('[role=dialog] input') as HTMLInputElement)
    input.value = 'theme dark'
    input.dispatchEvent(new Event('input', { bubbles: true }))
    await page.until(() => expect(page.all('[role=option]')).toHaveLength(1))
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
    await page.until(() => expect(document.documentElement.dataset['theme']).toBe('dark'))
    expect(localStorage.getItem('redrive.preferences')).toContain('"theme":"dark"')
  })

  test('the lock counts down, and locks at once', async () => {
    const world = shop()
    const page = await mountConsole({ world })
    const lock = await page.until(() => {
      const found = page
        .all('header button')
        .find(({ textContent }) => textContent?.includes('Unlocked · 15:00'))
      if (found === undefined) throw new Error('not unlocked')
      return found
    })
    await page.click(lock)
    await page.until(() => expect(page.text('header.development')).toContain('Read-only'))
    expect(world.sources.get('shop')?.connection.unlockedUntil).toBeNull()
  })

  test('a lock that fails is said beside the button', async () => {
    const world = shop()
    world.switches.fail['connections.lock'] = errorOf('store-failed', { path: 'store', problem: 'disk full' })
    const page = await mountConsole({ world })
    const lock = await page.until(() => {
      const found = page.all('header button').find(({ textContent }) => textContent?.includes('Unlocked'))
      if (found === undefined) throw new Error('not unlocked')
      return found
    })
    await page.click(lock)
    await page.until(() => expect(page.text('header [role=alert]')).toContain('disk full'))
  })

  test('the status line names connections with latency, and says when the engine is gone', async () => {
    const page = await mountConsole({ world: shop() })
    await page.until(() => expect(page.text('footer')).toMatch(/shop\s+3 ms\s+rabbit\s+1 ms/))
    page.cut({ down: true })
    await page.until(() =>
      expect(page.text('footer [role=alert]')).toBe('Engine not reachable · trying again'),
    )
    page.restore()
    await page.until(() => expect(page.text('footer [role=alert]')).toBeNull())
  })

  test('a running job was an id cut before its numbers: its source and how far it is stand there, and the zone', async () => {
    const world = shop()
    world.switches.holdAt = 0
    const page = await mountConsole({ world })
    await page.until(() => expect(page.text('footer')).toContain('rabbit'))
    const plan = makePlan(world, { source: 'shop', selection: { kind: 'filter', filter: {} } })
    const { job } = runPlan(world, { plan: plan.plan, digest: plan.digest, typedCount: null, rate: null })
    await page.until(() => expect(page.text('footer .job')).toMatch(/^shop\s*0\/20$/))
    expect(page.find('footer .job').title).toBe(`Job ${job}`)
    await page.until(() => expect(page.find('footer').lastElementChild?.textContent).toContain('Times in'))
  })

  test('a job that ended while nobody looked is told, with its outcomes and the way to it', async () => {
    const world = shop()
    const page = await mountConsole({ world })
    await page.until(() => expect(page.text('footer')).toContain('rabbit'))
    const plan = makePlan(world, { source: 'shop', selection: { kind: 'filter', filter: {} } })
    world.switches.outcome = () => 'confirmed'
    const { job } = runPlan(world, { plan: plan.plan, digest: plan.digest, typedCount: null, rate: null })
    await page.until(() => expect(document.body.textContent).toContain(`${job} done`))
    expect(document.body.textContent).toContain('20 confirmed')
    await page.click(page.all('a').find(({ textContent }) => textContent === 'Show the job') ?? 'none')
    await page.until(() => expect(page.router.currentRoute.value.params['job']).toBe(job))
  })

  test('preferences that somebody damaged are not trusted', async () => {
    const world = shop()
    const page = await mountConsole({
      world,
      preferences: '{"theme":"pink","locale":7,"panes":{"inbox-left":"wide"}',
    })
    await page.until(() => expect(page.text('[data-source=shop]')).toContain('shop'))
    expect(document.documentElement.dataset['theme']).toBe('light')
  })
})
