import { describe, expect, test } from 'vitest'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { button, catchDownloads, field, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

function shop(): World {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count: 5, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', messages, unlocked: true })
  return world
}
const ROW = '[role=row][data-id]'
async function inbox(world: World, q = 'trouble:failed'): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: `/inbox?source=shop&q=${encodeURIComponent(q)}` })
  await page.until(() => expect(page.all(ROW)).toHaveLength(5))
  return page
}
const dialog = (page: MountedConsole): Promise<HTMLElement> => page.until(() => page.find('[role=dialog]'))

describe('the query line', () => {
  test('offers what was seen, is taken by the keyboard, and says which option that is', async () => {
    const page = await inbox(shop())
    await page.press('/')
    const line = page.find('[role=combobox]')
    expect(line).toBe(document.activeElement)
    await type(line, 'trouble:failed ty')
    await page.until(() => expect(page.all('[role=listbox] [role=option]').length).toBeGreaterThan(0))
    expect(line.getAttribute('aria-expanded')).toBe('true')
    await page.press('ArrowDown')
    const active = line.getAttribute('aria-activedescendant') ?? 'none'
    expect(document.getElementById(active)?.textContent).toContain('type:')
    await page.press('Tab')
    expect((line as HTMLInputElement).value).toBe('trouble:failed type:')
    await page.until(() => expect(page.text('[role=listbox]')).toContain('type:OrderPaid'))
    await page.press('Escape')
    expect(line.getAttribute('aria-expanded')).toBe('false')
    expect(line).toBe(document.activeElement)
    await page.press('Escape')
    expect(line).not.toBe(document.activeElement)
  })

  test('names what it does not understand, below the line', async () => {
    const page = await inbox(shop())
    await page.press('/')
    await type(page.find('[role=combobox]'), 'trouble:lost type:OrderPaid ')
    await page.until(() => expect(page.text('.mistakes')).toBe('Not understood: trouble:lost'))
  })
})

describe('notes and assignment', () => {
  test('the title of a note ended in the middle of an id: both ends of it are there', async () => {
    const world = createWorld()
    addBroker(world)
    const [message] = makeMessages({ count: 1, nowMs: world.now(), mix: { failed: 1 } })
    const messageId = `pointsearned-${'4'.repeat(40)}-ec637`
    addSource(world, { name: 'shop', messages: [{ ...message!, messageId }], unlocked: true })
    const page = await mountConsole({ world, path: '/inbox?source=shop&q=trouble%3Afailed' })
    await page.until(() => expect(page.all(ROW)).toHaveLength(1))
    await page.press('Enter')
    await page.press('m')
    expect((await dialog(page)).querySelector('h2')?.textContent).toMatch(/^Note beside points\S*….*-ec637$/)
  })

  test('m writes a note, which stands in the history and as a mark in the row', async () => {
    const world = shop()
    const page = await inbox(world)
    await page.press('Enter')
    await page.press('m')
    await dialog(page)
    await type(field(page, 'Note'), 'the bank says wait')
    await submit(page)
    await page.until(() => expect(page.text('[data-inspector]')).toContain('the bank says wait'))
    await page.until(() => expect(page.all(`${ROW} [role=img][aria-label="1 note"]`)).toHaveLength(1))
    expect(world.journal.at(-1)?.action).toBe('note-added')
    expect(page.all('[role=dialog]')).toHaveLength(0)
  })

  test('a message is taken and released', async () => {
    const world = shop()
    const page = await inbox(world)
    await page.press('m')
    await dialog(page)
    await page.until(() => page.find('[data-test=assign]').click())
    await page.until(() => expect(page.text('[role=dialog]')).toContain('mira looks after this message'))
    await page.until(() => expect(page.text('[data-test=assign]')).toBe('Release'))
    await page.click('[data-test=assign]')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Nobody looks after'))
    expect(world.sources.get('shop')?.messages.every(({ assignment }) => assignment === null)).toBe(true)
  })

  test('a note that could not be kept is not lost from the field', async () => {
    const world = shop()
    world.switches.fail['notes.add'] = errorOf('store-failed', { path: 'store', problem: 'disk full' })
    const page = await inbox(world)
    await page.press('m')
    await dialog(page)
    await type(field(page, 'Note'), 'the bank says wait')
    await submit(page)
    await page.until(() => expect(page.text('[role=dialog]')).toContain('disk full'))
    expect((field(page, 'Note') as HTMLTextAreaElement).value).toBe('the bank says wait')
  })
})

describe('saved views', () => {
  test('a view is saved from the commands, opened from the pane, renamed and removed by keys', async () => {
    const world = shop()
    const page = await inbox(world, 'trouble:failed age:>1s')
    await page.click('[aria-label="Save this view"]')
    await dialog(page)
    await type(field(page, 'Name of the view'), 'since deploy')
    await submit(page)
    await page.until(() => expect(page.text('[data-saved="since deploy"]')).toContain('since deploy'))
    expect([...world.views.values()][0]).toMatchObject({
      query: 'trouble:failed age:>1s',
      source: 'shop',
      grouping: 'type',
    })
    await page.router.push('/')
    await page.press('g')
    await page.press('v')
    await dialog(page)
    const list = await page.until(() => page.find('[role=dialog] [role=listbox]'))
    list.focus()
    await page.press('r')
    await page.until(() => field(page, 'Name of the view'))
    await type(field(page, 'Name of the view'), 'after the deploy')
    await submit(page)
    await page.until(() => expect(page.text('[role=dialog]')).toContain('after the deploy'))
    await submit(page)
    await page.until(() => expect(page.router.currentRoute.value.name).toBe('inbox'))
    expect(page.router.currentRoute.value.query['q']).toBe('trouble:failed age:>1s')
    await page.press('g')
    await page.press('v')
    ;(await page.until(() => page.find('[role=dialog] [role=listbox]'))).focus()
    await page.press('d')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Remove the view'))
    await submit(page)
    await page.until(() => expect(world.views.size).toBe(0))
  })
})

describe('the hand-over', () => {
  test('is shown as the engine writes it, and saved as a file', async () => {
    const files = catchDownloads()
    const page = await inbox(shop())
    await page.press('g')
    await page.press('h')
    await page.until(() => expect(page.text('pre')).toContain('# Hand-over, 8 h'))
    expect(page.text('[role=dialog]')).toContain('1 of 1 source answered.')
    await page.click('[data-test=save]')
    const [name] = [...files.keys()]
    expect(name).toMatch(/^hand-over-.*\.md$/)
    expect(await files.get(name ?? '')?.()).toContain('# Hand-over')
  })

  test('the focus stood on 4 h while 8 h was chosen: it stands on the chosen one', async () => {
    const page = await inbox(shop())
    await page.press('g')
    await page.press('h')
    await dialog(page)
    await page.until(() =>
      expect(document.activeElement?.closest('label')?.textContent ?? '').toContain('8 h'),
    )
  })

  test('says which source is missing from it', async () => {
    const world = shop()
    world.switches.fail['overview.error shop'] = errorOf('host-unreachable', { host: 'db', port: 5432 })
    const page = await inbox(world)
    await page.press('g')
    await page.press('h')
    await page.until(() =>
      expect(page.text('[role=dialog]')).toContain('Without an answer: shop. What is there is not known.'),
    )
  })
})

describe('the last resolve', () => {
  test('u takes it back from any page, after its dialog', async () => {
    const world = shop()
    const page = await inbox(world)
    await page.press('e')
    await dialog(page)
    await type(page.find('[role=dialog] textarea'), 'refunded by hand')
    await submit(page)
    await page.until(() => expect(world.decisions.size).toBe(1))
    await page.until(() => button(page, 'Close').click())
    await page.router.push('/jobs')
    await page.until(() => expect(page.all('[role=dialog]')).toHaveLength(0))
    await page.press('u')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Resolve of 1 message in shop'))
    expect([...world.decisions.values()][0]?.state).toBe('applied')
    await submit(page)
    await page.until(() => expect(page.text('[data-test=undone]')).toBe('1 message is open again.'))
    expect([...world.decisions.values()][0]?.state).toBe('undone')
  })

  test('without one it says so', async () => {
    const page = await inbox(shop())
    await page.press('u')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('You have resolved nothing'))
  })
})
