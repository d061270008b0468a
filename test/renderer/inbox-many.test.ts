import { describe, expect, test } from 'vitest'
import { mergedRows, rowsOf, type LaneRows } from '../../src-renderer/features/inbox/list/rows.ts'
import { summedTrouble } from '../../src-renderer/features/inbox/summed.ts'
import { scopeOf } from '../../src-renderer/app/state/scope.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const NOW = Date.parse('2026-11-21T10:00:00.000Z')
const lane = (source: string, count: number, goesOn: boolean): LaneRows => ({
  rows: rowsOf(source, makeMessages({ count, nowMs: NOW, mix: { failed: 1 } }).toReversed()),
  goesOn,
})
const times = (rows: LaneRows['rows']): number[] => rows.map(({ createdAt }) => Date.parse(createdAt ?? ''))

describe('lists of several sources as one', () => {
  test('all rows of all sources, the newest first, each once', () => {
    const { rows, waitsFor } = mergedRows([lane('a', 40, false), lane('b', 7, false)], 'newest')
    expect(rows).toHaveLength(47)
    expect(new Set(rows.map(({ key }) => key)).size).toBe(47)
    expect(times(rows)).toEqual(times(rows).toSorted((a, b) => b - a))
    expect(waitsFor).toEqual([])
  })

  test('nothing is shown that a source which goes on could still have to stand before', () => {
    const { rows, waitsFor } = mergedRows([lane('a', 400, false), lane('b', 5, true)], 'newest')
    const lastOfB = rows.findLastIndex(({ source }) => source === 'b')
    expect(lastOfB).toBe(rows.length - 1)
    expect(rows.filter(({ source }) => source === 'b')).toHaveLength(5)
    expect(waitsFor).toEqual([1])
  })

  test('a row without a time stands with the one before it', () => {
    const timeless = rowsOf('a', makeMessages({ count: 3, nowMs: NOW }).toReversed()).map((row, at) =>
      at === 1 ? { ...row, createdAt: null } : row,
    )
    const { rows } = mergedRows([{ rows: timeless, goesOn: false }, lane('b', 3, false)], 'newest')
    const own = rows.filter(({ source }) => source === 'a').map(({ id }) => id)
    expect(own).toEqual(timeless.map(({ id }) => id))
  })

  test('a sum without one answer is at least so many, and without any not known', () => {
    expect(summedTrouble([null, null], 'failed')).toBeNull()
  })

  test('the scope of a query: what is in both, and what does not exist', () => {
    const all = [
      { name: 'shop', environment: 'production' as const },
      { name: 'payroll', environment: 'production' as const },
      { name: 'lab', environment: 'development' as const },
    ]
    const names = (query: Parameters<typeof scopeOf>[0]): string[] =>
      scopeOf(query, all, all[0] ?? null).places.map(({ name }) => name)
    expect(names(null)).toEqual(['shop'])
    expect(names({ sources: '*' })).toEqual(['shop', 'payroll', 'lab'])
    expect(names({ environment: 'production' })).toEqual(['shop', 'payroll'])
    expect(names({ sources: ['lab', 'shop'], environment: 'production' })).toEqual(['shop'])
    expect(scopeOf({ sources: ['shop', 'shpo'] }, all, null).missing).toEqual(['shpo'])
  })
})

function world(): World {
  const made = createWorld()
  addBroker(made)
  for (const [name, count, seed] of [
    ['shop', 6, 1],
    ['warehouse', 4, 2],
    ['billing', 3, 3],
  ] as const)
    addSource(made, {
      name,
      messages: makeMessages({ count, nowMs: made.now(), seed, mix: { failed: 1 } }),
      unlocked: true,
    })
  return made
}
const ROW = '[role=row][data-id]'
const all = (made: World, q = 'source:* trouble:failed'): Promise<MountedConsole> =>
  mountConsole({ world: made, path: `/inbox?source=shop&q=${encodeURIComponent(q)}` })
const sourcesOf = (page: MountedConsole): string[] => page.all(ROW).map((row) => row.dataset['of'] ?? '')

describe('the inbox over all sources', () => {
  test('shows the rows of all, each with its source', async () => {
    const page = await all(world())
    await page.until(() => expect(page.all(ROW)).toHaveLength(13))
    expect(new Set(sourcesOf(page))).toEqual(new Set(['shop', 'warehouse', 'billing']))
    expect(page.text('[data-test=answered]')).toBeNull()
    await page.until(() => expect(page.text('nav[aria-label="Narrow the list"]')).toContain('Failed13'))
  })

  test('says which source did not answer, and shows the others', async () => {
    const made = world()
    made.switches.fail['messages.list billing'] = errorOf('host-unreachable', { host: 'db', port: 5432 })
    const page = await all(made)
    await page.until(() => expect(page.all(ROW)).toHaveLength(10))
    expect(page.text('[data-test=answered]')).toBe(
      '2 of 3 sources answered. Without an answer: billing. What is there is not known.',
    )
    delete made.switches.fail['messages.list billing']
    await page.click(
      page.all('[data-lane=billing] button').find(({ textContent }) => textContent === 'Try again') ?? 'none',
    )
    await page.until(() => expect(page.all(ROW)).toHaveLength(13))
  })

  test('an act is about one source: a selection over two is refused with a way out', async () => {
    const made = world()
    const page = await all(made)
    await page.until(() => expect(page.all(ROW)).toHaveLength(13))
    const others = sourcesOf(page).findIndex((source, at, list) => at > 0 && source !== list[0])
    await page.press('x')
    for (let step = 0; step < others; step += 1) await page.press('j')
    await page.press('x')
    await page.until(() => expect(page.text('.spans')).toContain('The selection lies in 2 sources'))
    await page.press('r')
    expect(made.plans.size).toBe(0)
    await page.click(page.all('.spans button')[0] ?? 'none')
    await page.until(() => expect(page.text('.spans')).toBeNull())
    await page.press('r')
    await page.until(() => expect(made.plans.size).toBe(1))
    expect([...made.plans.values()][0]?.source).toBe(sourcesOf(page)[0])
  })

  test('a message is opened where it is from, though another source has the same id', async () => {
    const made = world()
    const page = await all(made)
    await page.until(() => expect(page.all(ROW)).toHaveLength(13))
    const row = page.all(ROW).find((one) => one.dataset['of'] === 'billing')
    await page.click(row ?? 'none')
    const wanted = made.sources.get('billing')?.messages.find(({ id }) => id === row?.dataset['id'])
    await page.until(() => expect(page.text('[data-inspector]')).toContain(wanted?.chain?.key ?? 'none'))
    expect(page.all('[role=row].open')).toHaveLength(1)
  })

  test('a scope without a source is said, and not an empty list', async () => {
    const page = await all(world(), 'env:production trouble:failed')
    await page.until(() => expect(page.text('[data-test=answered]')).toContain('No source fits'))
    expect(page.text('[data-note=empty]')).toBeNull()
    expect(page.text('[data-note=filtered]')).toBeNull()
  })

  test('a name that is no source is said', async () => {
    const page = await all(world(), 'source:shop,shpo trouble:failed')
    await page.until(() => expect(page.text('[data-test=answered]')).toContain('No source is called shpo.'))
    await page.until(() => expect(new Set(sourcesOf(page))).toEqual(new Set(['shop'])))
  })
})
