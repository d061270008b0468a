import { expect, test } from 'vitest'
import { addBroker, addSource, changed, createWorld, type World } from './support/fake-world.ts'
import { button, submit } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

async function open(locale: 'en' | 'zh-CN' = 'en', world: World = createWorld()): Promise<MountedConsole> {
  addBroker(world)
  addSource(world, { name: 'shop', environment: 'staging', unlocked: true })
  const page = await mountConsole({ world, path: '/dead-letters', locale })
  await page.until(() => page.find('[data-queue]'))
  return page
}

test('a look says what it costs before it happens; then the letters stand by cause', async () => {
  const page = await open()
  expect(page.find('[data-queue="rabbit/orders.dead"]').textContent).toContain('12')
  expect(page.text('[data-note=first-use]')).toContain('not neutral')
  await page.click(button(page, 'Look…'))
  await page.until(() => page.find('[data-test=look]'))
  const dialog = document.body.textContent ?? ''
  expect(dialog).toContain('Every message carries the mark of a second delivery')
  expect(page.all('[data-cause]')).toHaveLength(0)
  await submit(page)
  await page.until(() => page.find('[data-cause]'))
  await page.until(() => expect(page.all('[data-letter]')).toHaveLength(12))

  await page.click('.cause')
  await page.until(() => expect(page.all('[data-letter]')).toHaveLength(4))
  expect(page.text('[data-test=open-redrive]')).toBe('Redrive 4…')
  await page.click('[data-letter]')
  await page.until(() => expect(page.text('.inspector')).toContain('held for a person'))
})

test('a queue that a look could empty is not looked into, and says why', async () => {
  const page = await open('zh-CN')
  await page.click('[data-queue="rabbit/payments.dead"]')
  await page.until(() => expect(page.text('[role=note]')).toContain('可能删除消息'))
  expect(page.find('[data-test=open-look]').hasAttribute('disabled')).toBe(true)
})

test('a topic is read at once, says what was redriven, and redrives it again only with a reason', async () => {
  const page = await open()
  await page.click('[data-queue="kafka/orders-dlt"]')
  await page.until(() => expect(page.all('[data-letter]')).toHaveLength(2))
  expect(page.text('[data-test=marked]')).toBe('2')
  expect(page.text('[data-test=mark]')).toContain('redriven')
  await page.click('[data-letter]')
  await page.until(() => expect(page.text('.inspector')).toContain('was in orders, partition 2, offset 41'))
  expect(page.text('.inspector')).toContain('The value is null')
  await page.click('.cause')
  expect(page.find('[data-test=open-discard]').hasAttribute('disabled')).toBe(true)
  await page.click('[data-test=open-redrive]')
  await page.until(() => page.find('[data-test=to-origin]'))
  const dialog = document.body.textContent ?? ''
  expect(dialog).toContain('is marked as redriven')
  expect(page.all('[data-test=to-queue]')).toHaveLength(0)
})

test('one pane tells the story: stored, sent, dead-lettered, redriven, consumed', async () => {
  const page = await open()
  await page.click(button(page, 'Look…'))
  await page.until(() => page.find('[data-test=look]'))
  await submit(page)
  await page.until(() => page.find('[data-letter]'))
  await page.click('[data-letter]')
  await page.until(() => page.find('[data-step=consumed]'))
  const steps = page.all('[data-step]').map((step) => step.getAttribute('data-step'))
  expect(steps).toEqual(['stored', 'sent', 'died', 'redriven', 'deed', 'consumed'])
  expect(page.text('[data-step=stored]')).toContain('stored as row 17 of shop, now sent, 2 of 3 attempts')
  expect(page.text('[data-step=redriven]')).toContain('job-7')
  expect(page.text('[data-step=deed]')).toContain('redriven by ada: confirmed')
  expect(page.text('[data-step=consumed]')).toContain('consumed')
})

test('a second look says what is new since the first, and the rail how many are known and how old that is', async () => {
  const page = await open()
  const badge = () => page.text('nav a[title^="Dead letters"] .badge')
  expect(badge()).toBeNull()
  for (const words of ['Look…', 'Look again…']) {
    await page.until(() => button(page, words))
    await page.click(button(page, words))
    await page.until(() => page.find('[data-test=look]'))
    await submit(page)
    await page.until(() => page.find('[data-cause]'))
  }
  await page.until(() => expect(page.text('[data-test=fresh]')).toMatch(/^3 new since \d/))
  expect(page.all('[data-test=group-fresh]').map(({ textContent }) => textContent)).toEqual(['0', '+1', '+2'])
  await page.until(() => expect(badge()).toBe('12'))
  expect(page.find('nav a[title^="Dead letters"]').getAttribute('title')).toContain('12 known, looked at')
})

test('a discarded record is restored on the page; a redriven one says that there is no way back', async () => {
  const world = createWorld({ now: Date.now })
  const page = await open('en', world)
  await page.click('[data-queue="kafka/orders-dlt"]')
  await page.until(() => expect(page.all('[data-letter]')).toHaveLength(2))
  await page.click(page.find('[data-letter="0@7#0011"]'))
  await page.until(() => expect(page.text('[data-test=no-restore]')).toContain('is not taken back'))
  expect(page.all('[data-test=restore]')).toHaveLength(0)
  await page.click(page.find('[data-letter="0@8#0012"]'))
  await page.until(() => expect(page.text('[data-test=restore]')).toContain('Unlock kafka/orders-dlt'))
  addSource(world, { name: 'kafka/orders-dlt', unlocked: true })
  changed(world)
  await page.until(() => expect(page.text('[data-test=restore]')).toBe('Restore 1 record'))
  await page.click('[data-test=restore]')
  await page.until(() => expect(page.all('[data-test=restore]')).toHaveLength(0))
  await page.until(() => expect(page.text('[data-test=marked]')).toBe('1'))
})
