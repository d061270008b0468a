import { describe, expect, test } from 'vitest'
import type { FakeMessage } from './support/fake-message.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, changed, createWorld, errorOf, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

interface ShopOptions {
  readonly count?: number
  readonly unlocked?: boolean
  readonly sent?: boolean
}

function shop({ count = 30, unlocked = true, sent = false }: ShopOptions = {}): World {
  const world = createWorld()
  const messages = makeMessages({ count, nowMs: world.now(), mix: sent ? { sent: 1 } : { failed: 1 } })
  addBroker(world)
  addSource(world, { name: 'shop', messages, unlocked })
  addSource(world, {
    name: 'warehouse',
    messages: makeMessages({ count: 5, nowMs: world.now(), mix: { sent: 1 } }),
  })
  return world
}

const ROW = '[role=row][data-id]'
const rowIds = (page: MountedConsole): string[] => page.all(ROW).map((row) => row.dataset['id'] ?? '')
const chosenIds = (page: MountedConsole): string[] =>
  page.all(`${ROW}[aria-selected=true]`).map((row) => row.dataset['id'] ?? '')
/** Where the keyboard is. */
const hereId = (page: MountedConsole): string | undefined => page.all(`${ROW}.here`)[0]?.dataset['id']
const messagesOf = (world: World): FakeMessage[] => world.sources.get('shop')?.messages ?? []
/** Messages that failed meanwhile, the newest of all. */
function comeIn(world: World, count: number): void {
  const messages = messagesOf(world)
  const all = makeMessages({ count: messages.length + count, nowMs: world.now(), mix: { failed: 1 } })
  messages.push(...all.slice(messages.length))
  changed(world)
}
const note = (page: MountedConsole, kind: string): string | null => page.text(`[data-note=${kind}]`)
const button = (page: MountedConsole, label: string): HTMLElement => {
  const found = page.all('button').find((candidate) => candidate.textContent?.trim().startsWith(label))
  if (found === undefined) throw new Error(`no button ${label}`)
  return found
}

async function inbox(
  world: World,
  q = 'trouble:failed',
  locale: 'en' | 'zh-CN' = 'en',
): Promise<MountedConsole> {
  return mountConsole({ world, locale, path: `/inbox?source=shop&q=${encodeURIComponent(q)}` })
}
async function filled(world: World, q?: string): Promise<MountedConsole> {
  const page = await inbox(world, q)
  await page.until(() => expect(page.all(ROW).length).toBeGreaterThan(0))
  return page
}

describe('the list', () => {
  test('shows the failed messages, the newest first, each on one line', async () => {
    const page = await filled(shop())
    expect(rowIds(page)[0]).toBe('880030')
    const [first] = page.all(ROW)
    expect(first?.textContent).toMatch(/3\/3/)
    expect(first?.querySelector('svg')?.getAttribute('aria-label')).toBe('failed')
  })

  test('draws only the rows that fit, and asks for the next page near the end', async () => {
    const world = shop({ count: 1_000 })
    const page = await filled(world)
    expect(page.all(ROW).length).toBeLessThan(60)
    expect(page.text('header + *')).not.toBeNull()
    await page.until(() => expect(document.body.textContent).toContain('200 messages, more below'))
    const grid = page.find('[role=grid]')
    grid.scrollTop = 200 * 30
    grid.dispatchEvent(new Event('scroll'))
    await page.until(() => expect(document.body.textContent).toContain('400 messages, more below'))
  })

  test('no message in trouble is said with the time of the check', async () => {
    const page = await inbox(shop({ sent: true }))
    await page.until(() =>
      expect(note(page, 'empty')).toMatch(/^No failed message in shop\. Checked at \d\d:\d\d:\d\d\./),
    )
  })

  test('no message that fits the filter is another thing, and shows the way out', async () => {
    const page = await inbox(shop(), 'trouble:failed type:Nothing')
    await page.until(() => expect(note(page, 'filtered')).toContain('No message fits this filter'))
    await page.click(button(page, 'Show all messages'))
    await page.until(() => expect(page.all(ROW).length).toBeGreaterThan(0))
    expect(page.router.currentRoute.value.query['q']).toBe('')
  })

  test('a search that ended at its budget says how far it came and goes on', async () => {
    const world = shop({ count: 300 })
    world.switches.partial = true
    const page = await filled(world)
    await page.until(() => expect(note(page, 'partial')).toContain('it looked as far as id 880201'))
    await page.click(button(page, 'Go on from there'))
    await page.until(() => expect(note(page, 'partial')).toContain('it looked as far as id 880101'))
  })

  test('a time-out never looks like an empty list', async () => {
    const world = shop()
    world.switches.fail['messages.list'] = errorOf('query-timeout', { limitMs: 1_500 }, 'later')
    const page = await inbox(world)
    await page.until(() => expect(page.text('[role=alert]')).toContain('did not answer in time'))
    expect(note(page, 'empty')).toBeNull()
    delete world.switches.fail['messages.list']
    await page.click(button(page, 'Try again'))
    await page.until(() => expect(page.all(ROW).length).toBeGreaterThan(0))
    expect(page.text('[role=alert]')).toBeNull()
  })

  test('a failed refresh keeps the old rows and says from when they are', async () => {
    const world = shop()
    const page = await filled(world)
    world.switches.fail['messages.list'] = errorOf('connection-lost', { server: 'db' }, 'later')
    await page.click('[aria-label=Refresh]')
    await page.until(() => expect(note(page, 'stale')).toContain('Still shown: the list as of'))
    expect(page.all(ROW).length).toBeGreaterThan(0)
  })

  test('a query that is not understood is named and not run', async () => {
    const page = await inbox(shop(), 'trouble:failed colour:red')
    await page.until(() => expect(note(page, 'filtered')).toContain('Not understood: colour:red'))
    expect(page.all(ROW)).toEqual([])
  })

  test('a broken line is said, the rows stay, and the page comes back by itself', async () => {
    const world = shop()
    const page = await filled(world)
    page.cut({ down: true })
    await page.until(() =>
      expect(note(page, 'disconnected')).toContain('The engine does not answer. What you see is from'),
    )
    expect(page.all(ROW).length).toBeGreaterThan(0)
    page.restore()
    await page.until(() => expect(note(page, 'disconnected')).toBeNull())
  })

  test('the last of a list stayed chosen after they were resolved', async () => {
    const world = shop({ count: 3 })
    const page = await filled(world)
    await page.press('x')
    await page.press('j')
    await page.press('j')
    await page.press('x')
    await page.until(() => expect(page.text('.chosen')).toContain('2'))
    for (const message of messagesOf(world)) if (message.id !== '880002') message.state = 'sent'
    changed(world)
    await page.until(() => expect(rowIds(page)).toEqual(['880002']))
    expect(page.text('.chosen')).toBeNull()
    expect(chosenIds(page)).toEqual([])
  })

  test('the cursor slipped to another message when new ones came in above it', async () => {
    const world = shop({ count: 20 })
    const page = await filled(world)
    for (let step = 0; step < 3; step += 1) await page.press('j')
    expect(hereId(page)).toBe('880017')
    comeIn(world, 4)
    await page.until(() => expect(rowIds(page)).toContain('880024'))
    expect(hereId(page)).toBe('880017')
  })

  test('whoever had scrolled below a thousand rows was thrown back by new messages', async () => {
    const world = shop({ count: 2_000 })
    const page = await filled(world)
    const grid = page.find('[role=grid]')
    const scroll = (row: number): void => {
      grid.scrollTop = row * 30
      grid.dispatchEvent(new Event('scroll'))
    }
    for (let loaded = 200; loaded < 1_600; loaded += 200) {
      scroll(loaded)
      await page.until(() => expect(grid.getAttribute('aria-rowcount')).toBe(String(loaded + 200)))
    }
    scroll(1_400)
    await page.until(() => expect(rowIds(page)).toContain('880600'))
    // Two were resolved in what is in sight, two new ones stand above all.
    for (const message of messagesOf(world))
      if (message.id === '880598' || message.id === '880595') message.state = 'sent'
    comeIn(world, 2)
    await page.until(() => expect(grid.scrollTop).toBe(1_402 * 30))
    await page.until(() => expect(rowIds(page)).not.toContain('880598'))
    expect(rowIds(page)).toEqual(expect.arrayContaining(['880600', '880599', '880597', '880596', '880594']))
    expect(rowIds(page)).not.toContain('880595')
    // Not a page more than what had been loaded.
    expect(Number(grid.getAttribute('aria-rowcount'))).toBeLessThanOrEqual(1_602)
    scroll(0)
    await page.until(() => expect(rowIds(page)[0]).toBe('882002'))
  })

  test('another source drops the rows of the first', async () => {
    const page = await filled(shop())
    await page.router.push('/inbox?source=warehouse&q=')
    await page.until(() => expect(rowIds(page)[0]).toBe('880005'))
    expect(page.all(ROW)).toHaveLength(5)
  })
})

describe('everything that matches', () => {
  test('is resent by one key, also what is not loaded', async () => {
    const page = await filled(shop({ count: 250 }))
    await page.press('r', { shift: true })
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Resend 250 messages'))
  })
})

describe('a stuck message', () => {
  test('says why it is stuck', async () => {
    const world = createWorld()
    addBroker(world)
    const messages = makeMessages({ count: 100, nowMs: world.now(), mix: { pending: 1 } })
    addSource(world, { name: 'shop', messages })
    const page = await filled(world, 'trouble:stuck')
    await page.press('Enter')
    await page.until(() => expect(page.text('[data-test=stuck-why]')).toContain('Does the relay'))
  })
})

describe('narrowing', () => {
  test('a group narrows the list by a click and widens it by another', async () => {
    const page = await filled(shop())
    // What failed is grouped by its cause until somebody chooses otherwise.
    await page.until(() => expect(button(page, 'Error').getAttribute('aria-checked')).toBe('true'))
    await page.click(button(page, 'Type'))
    await page.until(() => expect(page.all('button[title=StockReserved]').length).toBeGreaterThan(0))
    await page.click('button[title=StockReserved]')
    await page.until(() =>
      expect(page.router.currentRoute.value.query['q']).toBe('trouble:failed type:StockReserved'),
    )
    await page.until(() => {
      expect(page.all(ROW).length).toBeGreaterThan(0)
      for (const row of page.all(ROW)) expect(row.textContent).toContain('StockReserved')
    })
    await page.click('button[title=StockReserved]')
    await page.until(() => expect(page.router.currentRoute.value.query['q']).toBe('trouble:failed'))
  })
})

describe('keys and selection', () => {
  test('j and k move, x selects, shift extends, escape clears', async () => {
    const page = await filled(shop())
    const ids = rowIds(page)
    await page.press('j')
    await page.press('x')
    expect(chosenIds(page)).toEqual([ids[1]])
    await page.press('J', { shift: true })
    await page.press('J', { shift: true })
    expect(chosenIds(page)).toEqual(ids.slice(1, 4))
    expect(page.text('[role=toolbar]')).toContain('3 selected')
    await page.press('Escape')
    expect(chosenIds(page)).toEqual([])
    expect(page.text('[role=toolbar]')).toBeNull()
  })

  test('keys do nothing while somebody types', async () => {
    const page = await filled(shop())
    await page.press('/')
    expect(document.activeElement?.tagName).toBe('INPUT')
    await page.press('x')
    expect(chosenIds(page)).toEqual([])
  })

  test('enter opens the inspector, which follows the cursor; escape closes it', async () => {
    const page = await filled(shop())
    const [first, second] = rowIds(page)
    await page.press('Enter')
    await page.until(() => expect(page.find('[data-inspector]').dataset['inspector']).toBe(first))
    await page.press('j')
    await page.until(() => expect(page.find('[data-inspector]').dataset['inspector']).toBe(second))
    await page.until(() => expect(page.text('[data-inspector]')).toContain('last change, after 3 attempts'))
    await page.press('Escape')
    await page.until(() => expect(page.all('[data-inspector]')).toEqual([]))
  })

  test('all that match is a selection of its own; resolving needs named messages', async () => {
    const page = await filled(shop({ count: 500 }))
    await page.click('[aria-label="Select all loaded messages"]')
    await page.until(() => expect(page.text('[role=toolbar]')).toContain('200 selected'))
    await page.click(button(page, 'Select all that match the filter'))
    await page.until(() => expect(page.text('[role=toolbar]')).toContain('All that match selected'))
    expect(button(page, 'Resolve…').hasAttribute('disabled')).toBe(true)
    await page.press('r')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('500'))
  })
})

describe('acting', () => {
  test('a locked source asks for the unlock first, and the act goes on from there', async () => {
    const world = shop({ unlocked: false })
    const page = await filled(world)
    await page.press('x')
    expect(page.text('[role=toolbar]')).toContain('you will be asked to unlock first')
    await page.press('r')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Unlock'))
    expect(world.plans.size).toBe(0)
    await page.until(() => page.find('[role=dialog] button[type=submit]').click())
    await page.until(() => expect(world.plans.size).toBe(1))
    expect([...world.plans.values()][0]?.items).toHaveLength(1)
  })

  test('a decision can be undone from the open message, after one more question', async () => {
    const world = shop({ count: 3 })
    const message = world.sources.get('shop')?.messages[2]
    if (message === undefined) throw new Error('no message')
    Object.assign(message, { state: 'discarded', undo: 'decision-1' })
    world.decisions.set('decision-1', {
      decision: 'decision-1',
      source: 'shop',
      id: message.id,
      messageId: message.messageId,
      operator: 'mira',
      reason: 'test order',
      at: message.createdAt,
      state: 'applied',
    })
    const page = await filled(world, '')
    await page.press('Enter')
    await page.until(() => expect(page.text('[data-inspector]')).toContain('it can be taken back'))
    await page.press('u')
    expect(world.decisions.get('decision-1')?.state).toBe('applied')
    await page.click(button(page, 'Undo resolve of 1 message'))
    await page.until(() => expect(world.decisions.get('decision-1')?.state).toBe('undone'))
    await page.until(() => expect(page.text('[data-inspector]')).not.toContain('it can be taken back'))
  })
})

describe('languages', () => {
  test('the language changes on the spot, from the commands', async () => {
    const page = await filled(shop())
    await page.press('k', { ctrl: true })
    await page.until(() => expect(page.find('[role=dialog] input')).toBe(document.activeElement))
    const chinese = page.all('[role=option]').find((option) => option.textContent?.includes('简体中文'))
    if (chinese === undefined) throw new Error('no command for Chinese')
    await page.click(chinese)
    await page.until(() => expect(document.documentElement.lang).toBe('zh-CN'))
    expect(page.root.textContent).toContain('已解锁')
    expect(page.root.textContent).not.toContain('Unlocked')
  })
})
