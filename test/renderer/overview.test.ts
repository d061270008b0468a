import { describe, expect, test } from 'vitest'
import { gistOf, lonely, stacked, sumOf, valueRange } from '../../src-renderer/ui/plot-data.ts'
import { addAlert } from './support/fake-alerts.ts'
import { makeMessages } from './support/fake-messages.ts'
import { historyOf } from './support/fake-overview.ts'
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
    const link = page.all('a').find((one) => one.textContent.includes('Show the failed messages of shop'))
    await page.click(link ?? 'none')
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
    expect(page.find('[data-source=other]').querySelectorAll('a[href*="q="]')).toHaveLength(0)
    await page.until(() => expect(strip(page, 'shop')).toContain('oldest'))
    expect(page.text('header h1 + *')).toContain('1 source does not answer')
  })

  test('a count that stopped at its bound says so', async () => {
    const shop = world(['shop'])
    shop.switches.countMax = 3
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(strip(page, 'shop')).toContain('3+'))
  })

  test('says how fast messages come in and go out, and how often the others were tried', async () => {
    const two = world(['shop', 'other'])
    const flow = { overSec: 900, came: 420, sent: 405, untried: 9, tried: 4, usedUp: 2, sentLeave: false }
    two.flows.set('shop', flow)
    const page = await mountConsole({ world: two })
    await page.until(() => expect(strip(page, 'shop')).toContain('↓28 ↑27/min'))
    // What cannot be told is not said, and never zero.
    expect(strip(page, 'other')).not.toContain('/min')
    await page.click(page.find('[data-source=shop] button.open'))
    await page.until(() =>
      expect(page.text('[data-flow]')).toBe(
        'Of the last 15m: 420 messages came in (28 a minute), 405 of these are sent. ' +
          'Of the others 9 were not tried, 4 were tried, of 2 the attempts are used up.',
      ),
    )
  })

  test('names the causes of failure that are new since yesterday, or says that there are none', async () => {
    const two = world(['shop', 'other'])
    const cause = { cause: 'confirm timeout after <n> ms', count: 7, oldestCreatedAt: '2026-03-01T00:00:00Z' }
    two.causes.set('shop', { causes: [cause], complete: false })
    two.causes.set('other', { causes: [], complete: true })
    const page = await mountConsole({ world: two })
    await page.until(() => expect(strip(page, 'shop')).toContain('oldest'))
    await page.click(page.find('[data-source=shop] button.open'))
    await page.until(() =>
      expect(page.text('[data-causes]')).toContain('1 cause of failure that is new since yesterday:'),
    )
    expect(page.text('[data-causes]')).toMatch(
      /7 confirm timeout after <n> ms.*Not all that failed was looked at/s,
    )
    await page.click(page.find('[data-source=other] button.open'))
    await page.until(() =>
      expect(page.text('[data-causes]')).toBe('No cause of failure is new since yesterday.'),
    )
  })

  test('where sent rows leave the table a rate is at least so much', async () => {
    const shop = world(['shop'])
    const none = { untried: null, tried: null, usedUp: null }
    shop.flows.set('shop', { overSec: 120, came: 3, sent: 0, ...none, sentLeave: true })
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(strip(page, 'shop')).toContain('↓1.5+ ↑0+/min'))
  })

  test('first use names the three ways to begin', async () => {
    const page = await mountConsole({ world: createWorld() })
    await page.until(() => expect(page.text('[data-note=first-use]')).toBe('No source yet.'))
    expect(page.root.textContent).toContain('Add a connection')
    expect(page.root.textContent).toContain('--workspace redrive.json')
    expect(page.root.textContent).toContain('npm run sandbox')
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
    await page.until(() => expect(page.find('[data-source=shop] [data-busy=true]')).toBeTruthy())
    expect(strip(page, 'shop')).toContain('oldest')
  })

  test('what was seen over time is told with its gaps, and nothing is told of what was not seen', async () => {
    const two = world(['shop', 'other'])
    const backlog = [3, 8, null, null, 5, 4, 4, 4, null, 6, 7, 7]
    two.histories.set('shop', historyOf('shop', { backlog, oldestSec: backlog.map((n) => n && n * 60) }))
    const page = await mountConsole({ world: two })
    const spark = '[data-source=shop] [data-spark=backlog] [role=img]'
    await page.until(() => expect(page.find(spark).getAttribute('aria-label')).toContain('at most 8'))
    const label = page.find(spark).getAttribute('aria-label')
    expect(label).toContain('now 7')
    expect(label).toContain('3 gaps')
    expect(
      page.find('[data-source=shop] [data-spark=oldest] [role=img]').getAttribute('aria-label'),
    ).toContain('8m')
    expect(page.text('[data-source=other] [data-spark=backlog]')).toBe('not seen yet')
    expect(page.text('[data-source=other] [data-publishes]')).toBe('–')
  })

  test('what Redrive resent in the stretch, and what of it was not confirmed', async () => {
    const shop = world(['shop'])
    const cells = (value: number) => [null, value, 0, null, ...Array.from({ length: 8 }, () => value)]
    shop.histories.set('shop', historyOf('shop', { confirmed: cells(10), notConfirmed: cells(1) }))
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(page.text('[data-source=shop] [data-publishes]')).toMatch(/90\s*9/))
  })

  test('a source is opened with the keyboard: plots that say what they show; another stretch is asked for', async () => {
    const shop = world(['other', 'shop'])
    shop.histories.set('shop', historyOf('shop', { backlog: Array.from({ length: 12 }, () => 42) }))
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(page.all('[data-source]')).toHaveLength(2))
    await page.press('j')
    await page.press('Enter')
    await page.until(() => expect(page.all('[data-plots=shop] figure')).toHaveLength(3))
    expect(page.text('[data-plots=shop] figure')).toMatch(/failed\s*42/)
    expect(page.find('[data-plots=shop] [role=img]').getAttribute('aria-label')).toContain('failed: max 42')
    await page.click('input[type=radio][value="14d"]')
    await page.until(() => expect(page.router.currentRoute.value.query['range']).toBe('14d'))
    await page.press('Enter')
    await page.until(() => expect(page.all('[data-plots]')).toHaveLength(0))
  })

  test('brokers and firing alerts are named above the sources', async () => {
    const shop = world(['shop'])
    addAlert(shop)
    const page = await mountConsole({ world: shop })
    await page.until(() => expect(page.text('[data-brokers]')).toMatch(/rabbit\s*1 ms/))
    await page.until(() => expect(page.text('header h1 + *')).toContain('1 alert fires'))
  })
})

describe('what is drawn', () => {
  const line = (values: readonly (number | null)[]) =>
    ({ label: 'a', colour: 'failed', values, kind: 'line' }) as const
  const bars = (values: readonly (number | null)[]) =>
    ({ label: 'a', colour: 'failed', values, kind: 'bars' }) as const

  test('a gap stays a gap: alone between two of them a value is a point', () => {
    expect(lonely([1, null, 2, null, 3, 4, null])).toEqual([0, 2])
    expect(lonely([])).toEqual([])
    expect(gistOf([null, 2, null, 0])).toEqual({ now: 0, most: 2, holes: 1 })
    expect(gistOf([null, null])).toEqual({ now: null, most: null, holes: 2 })
    expect([sumOf([null, null]), sumOf([null, 0]), sumOf([2, null, 3])]).toEqual([null, 0, 5])
  })

  test('an axis begins at zero, and a single message is no mountain', () => {
    expect(valueRange([line([null, 1])])).toEqual([0, 4])
    const [from, to] = valueRange([line([100]), line([null])])
    expect([from, to > 100]).toEqual([0, true])
  })

  test('bars stand on each other; where one is not known, neither is the height', () => {
    const drawn = stacked([bars([1, 2]), bars([10, null]), line([5, 5])])
    expect(drawn.map(({ values }) => values)).toEqual([
      [11, null],
      [10, null],
      [5, 5],
    ])
  })
})
