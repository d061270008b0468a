import { describe, expect, test } from 'vitest'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

function world(names: readonly string[]): World {
  const made = createWorld()
  addBroker(made)
  for (const name of names) {
    const messages = makeMessages({ count: 20, nowMs: made.now(), mix: { failed: 1, sent: 1 } })
    addSource(made, { name, messages, environment: name.startsWith('live') ? 'production' : 'development' })
  }
  return made
}
const strip = (page: MountedConsole, name: string): string =>
  page.find(`[data-source="${name}"]`).textContent ?? ''

describe('the overview', () => {
  test('says the count and the age of the oldest for each trouble, and leads into the inbox', async () => {
    const shop = world(['shop'])
    const page = await mountConsole({ world: shop })
    const failed = shop.sources.get('shop')?.messages.filter(({ state }) => state === 'failed').length
    await page.until(() => expect(strip(page, 'shop')).toMatch(new RegExp(`${failed}.*oldest 2m`)))
    await page.click('[aria-label="Show the failed messages of shop"]')
    await page.until(() =>
      expect(page.router.currentRoute.value.query).toMatchObject({ source: 'shop', q: 'trouble:failed' }),
    )
  })

  test('a source that does not answer shows no zero, says why, and holds up nobody', async () => {
    const two = world(['shop', 'other'])
    two.switches.fail['overview.error other'] = errorOf('host-unreachable', { server: 'db:5432' }, 'later')
    const page = await mountConsole({ world: two })
    await page.until(() => expect(strip(page, 'other')).toContain('db:5432 does not answer'))
    expect(strip(page, 'other')).toContain('Check host and port')
    expect(page.find('[data-source=other]').querySelectorAll('[role=cell] a')).toHaveLength(0)
    await page.until(() => expect(strip(page, 'shop')).toContain('oldest'))
    expect(page.text('header h1 + *')).toContain('1 source does not answer')
  })

  test('a count that stopped at its bound says so', async () => {
    const shop = world(['shop'])
    shop.switches.countMax = 3
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(strip(page, 'shop')).toContain('3+'))
  })

  test('first use leads to the connections', async () => {
    const page = await mountConsole({ world: createWorld() })
    await page.until(() => expect(page.text('[data-note=first-use]')).toBe('No source yet.'))
    expect(page.root.textContent).toContain('Add a connection')
  })

  test('forty sources: production first, then by name', async () => {
    const names = Array.from({ length: 38 }, (_, index) => `shop-${index + 1}`)
    const page = await mountConsole({ world: world([...names, 'live-b', 'live-a']) })
    await page.until(() => expect(page.all('[data-source]')).toHaveLength(40))
    const shown = page.all('[data-source]').map((row) => row.dataset['source'])
    expect(shown.slice(0, 4)).toEqual(['live-a', 'live-b', 'shop-1', 'shop-2'])
  })

  test('production is named in the bar; a development source is not painted', async () => {
    const page = await mountConsole({ world: world(['live-a', 'shop']) })
    await page.until(() => expect(page.text('header.production')).toContain('Production'))
  })

  test('old numbers stay while newer ones are on their way', async () => {
    const shop = world(['shop'])
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(strip(page, 'shop')).toContain('oldest'))
    shop.switches.slowMs = 400
    await page.click(
      page.all('button').find(({ textContent }) => textContent?.trim() === 'Refresh') ?? 'none',
    )
    await page.until(() => expect(page.find('[data-source=shop] [aria-busy=true]')).toBeTruthy())
    expect(strip(page, 'shop')).toContain('oldest')
  })
})
