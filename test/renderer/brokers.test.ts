import { expect, test } from 'vitest'
import { addBroker, addKafka, createWorld, errorOf, type World } from './support/fake-world.ts'
import { field, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

async function open(
  path: string,
  { locale = 'en', world = createWorld() }: { locale?: 'en' | 'zh-CN'; world?: World } = {},
): Promise<MountedConsole> {
  addBroker(world)
  addKafka(world)
  return await mountConsole({ world, path: `/brokers${path}`, locale })
}

const rows = (page: MountedConsole): string[] => page.all('[data-row]').map((row) => row.dataset['row'] ?? '')

test('queues stand in a dense table; what is not counted yet is no zero; the inspector says the rest', async () => {
  const page = await open('?broker=rabbit')
  await page.until(() => expect(rows(page)).toEqual(['orders', 'payments', 'orders-log']))
  const [orders, payments] = page.all('[data-row]')
  expect(orders?.textContent).toContain('12')
  expect(payments?.querySelectorAll('[title="not told"]')).toHaveLength(3)
  await page.click('[data-row=payments]')
  expect(page.text('.inspector')).toContain('dead')
  expect(page.text('.inspector')).toContain('would take them out')
  await page.press('Escape')
  expect(page.all('.inspector')).toHaveLength(0)
})

test('a stream among the queues opens its records, and the way back leads to the queues', async () => {
  const page = await open('?broker=rabbit')
  await page.until(() => expect(rows(page)).toContain('orders-log'))
  await page.click('[data-row=payments]')
  expect(page.all('[data-test=read-stream]')).toHaveLength(0)
  await page.click('[data-row=orders-log]')
  expect(page.text('.inspector')).toContain('A stream keeps its records')
  await page.click('[data-test=read-stream]')
  await page.until(() => expect(rows(page)).toHaveLength(40))
  expect(page.all('.inspector')).toHaveLength(0)
  await page.click('[data-row="1@1"]')
  await page.until(() => expect(page.text('[data-test=headers]')).toContain('0xff01'))
  expect(page.text('[data-test=back]')).toContain('Queues')
  await page.click('[data-test=back]')
  await page.until(() => expect(rows(page)).toContain('payments'))
})

test('a broker whose management API is not written says how to write it', async () => {
  const world = createWorld()
  world.switches.fail = { 'brokers.queues': errorOf('management-missing') }
  const page = await open('?broker=rabbit', { world })
  await page.until(() => page.find('[role=alert]'))
  expect(page.text('[role=alert]')).toContain('"management": "http://host:15672"')
})

test('what permission lacks is said by name, and old data stays beside it', async () => {
  const world = createWorld()
  const page = await open('?broker=kafka&view=topics', { world })
  await page.until(() => expect(rows(page)).toHaveLength(3))
  const reason = 'no rights on topic orders'
  world.switches.fail = { 'brokers.topics': errorOf('permission-denied', { reason }) }
  await page.click(page.all('button').find((one) => one.textContent?.trim() === 'Refresh') as HTMLElement)
  await page.until(() => expect(page.text('[role=alert]')).toContain(reason))
  expect(page.find('[data-note=stale]').textContent).toContain('last answer')
  expect(rows(page)).toHaveLength(3)
})

test('topics hide those of the broker, filter by name, and open with the keys', async () => {
  const page = await open('?broker=kafka&view=topics')
  await page.until(() => expect(rows(page)).toEqual(['clicks', 'empty', 'orders']))
  await page.click('[data-test=internal]')
  await page.until(() => expect(rows(page)).toContain('__consumer_offsets'))
  await page.press('/')
  expect(document.activeElement).toBe(field(page, 'Filter by name'))
  await type(field(page, 'Filter by name'), 'nothing')
  expect(page.text('[data-note=filtered]')).toContain('None of 4')
  await type(field(page, 'Filter by name'), 'ord')
  expect(rows(page)).toEqual(['orders'])
  ;(document.activeElement as HTMLElement).blur()
  await page.press('j')
  await page.press('Enter')
  await page.until(() => expect(page.router.currentRoute.value.query['topic']).toBe('orders'))
  await page.until(() => expect(rows(page)).toHaveLength(40))
})

test('records are read at once, searched, and shown with key, headers and payload in three ways', async () => {
  const page = await open('?broker=kafka&view=topics&topic=orders')
  await page.until(() => expect(rows(page)).toHaveLength(40))
  expect(page.text('[data-ended]')).toContain('Scanned 40 of 40 · 40 found')
  expect(page.text('[data-ended=complete]')).toContain('everything of the range was seen')
  await page.click('[data-row="1@1"]')
  await page.until(() => expect(page.text('[data-test=hex]')).toContain('00 ff 80 41 62 63'))
  expect(page.text('[data-test=hex]')).toContain('...Abc')
  expect(page.text('[data-test=headers]')).toContain('0xff01')
  await page.click('[data-row="0@0"]')
  await page.until(() => expect(page.text('.inspector')).toContain('a tombstone'))
  await page.click('[data-row="1@7"]')
  await page.until(() => page.find('[data-way=formatted]'))
  expect(page.all('[data-way]').map((one) => one.textContent?.trim())).toEqual(['Formatted', 'Raw', 'Hex'])

  await page.press('/')
  await type(field(page, 'Search key, headers, payload'), 'lost')
  page.find('[data-test=range]').dispatchEvent(new Event('submit', { cancelable: true }))
  await page.until(() => expect(rows(page)).toEqual(['1@7']))
  await type(field(page, 'Search key, headers, payload'), 'nowhere')
  page.find('[data-test=range]').dispatchEvent(new Event('submit', { cancelable: true }))
  await page.until(() => expect(page.text('[data-note=filtered]')).toContain('No record of what was scanned'))
})

test('a long reading tells how far it is, can be cancelled, and does not claim to be complete', async () => {
  const page = await open('?broker=kafka&view=topics&topic=clicks')
  await page.until(() => expect(page.text('[data-ended=running]')).toContain('Scanned 120,000 of 3,000,000'))
  await page.click('[data-test=cancel-reading]')
  await page.until(() => expect(page.text('[data-ended=cancelled]')).toContain('not everything: cancelled'))
})

test('a range that cannot be read is said before anything is asked; an empty topic is empty', async () => {
  const page = await open('?broker=kafka&view=topics&topic=empty')
  await page.until(() => expect(page.text('[data-note=empty]')).toContain('no records'))
  await type(field(page, 'How many of the newest'), 'many')
  page.find('[data-test=range]').dispatchEvent(new Event('submit', { cancelable: true }))
  await page.until(() => expect(page.text('.problem')).toContain('a whole number'))
})

test('groups say lag and where there is none to say, in Chinese too', async () => {
  const page = await open('?broker=kafka&view=groups', { locale: 'zh-CN' })
  await page.until(() => expect(rows(page)).toEqual(['billing', 'newer']))
  expect(page.find('[data-row=newer]').textContent).toContain('未提交')
  await page.press('j')
  await page.press('Enter')
  await page.until(() => expect(page.all('[data-offset]')).toHaveLength(3))
  expect(page.text('[data-offset="orders 1"]')).toContain('未提交')
  expect(page.text('.inspector')).toContain('保留策略在该组读取之前就删除了记录')
  expect(page.text('.inspector')).toContain('billing-1')
})

test('without a broker the page says where one is connected', async () => {
  const page = await mountConsole({ world: createWorld(), path: '/brokers' })
  await page.until(() => expect(page.text('[data-note=first-use]')).toContain('No broker'))
})
