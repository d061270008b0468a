import { expect, test } from 'vitest'
import { addBroker, addSource, createWorld } from './support/fake-world.ts'
import type { World } from './support/fake-world.ts'
import { button, field, type } from './support/hands.ts'
import { mountConsole } from './support/mount-console.ts'
import type { MountedConsole } from './support/mount-console.ts'

function shop(): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const source = addSource(world, { name: 'orders' })
  source.connection = { ...source.connection, evidence: null }
  return world
}

async function openOrders(world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: '/connections?source=orders', locale })
  await page.until(() => page.find('[data-test=proof]'))
  return page
}

async function choose(page: MountedConsole, select: string, words: string): Promise<void> {
  await page.click(`[data-test=${select}] .n-base-selection-label`)
  const option = await page.until(() => {
    const found = page.all('.n-base-select-option').find((one) => one.textContent?.trim() === words)
    if (found === undefined) throw new Error(`no choice ${words}`)
    return found
  })
  await page.click(option)
}

async function save(page: MountedConsole): Promise<void> {
  page.find('form.editor').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await new Promise((resolve) => setTimeout(resolve, 0))
}

const evidenceOf = (world: World) => world.sources.get('orders')?.connection.evidence

test('a topic proves consumption: what it needs is asked for, saved, and shown again', async () => {
  const world = shop()
  const page = await openOrders(world)
  expect(page.text('form.editor')).toContain('Nobody tells what the receiver has consumed')
  await choose(page, 'proof', 'a topic or stream')
  await choose(page, 'proof-id', 'a header')
  await save(page)
  await page.until(() => expect(page.all('[role=alert]').length).toBe(2))
  expect(evidenceOf(world)).toBeNull()
  await type(field(page, 'Topic or stream of what was consumed'), 'orders.consumed')
  await type(field(page, 'Name of the header'), 'x-id')
  await type(field(page, 'Kept for'), '24')
  await save(page)
  // The only broker is the one.
  const log = {
    broker: 'rabbit',
    log: 'orders.consumed',
    messageId: { header: 'x-id' },
    retentionSec: 86_400,
  }
  await page.until(() => expect(evidenceOf(world)).toEqual(log))
})

const LOG = { broker: 'rabbit', log: 'orders.consumed', messageId: { header: 'x-id' }, retentionSec: 86_400 }

function proved(): World {
  const world = shop()
  const source = world.sources.get('orders')!
  source.connection = { ...source.connection, deliverTo: null, evidence: LOG }
  return world
}

test('of several brokers none is guessed: it is asked for', async () => {
  const world = shop()
  const rabbit = world.brokers.get('rabbit')!
  world.brokers.set('audit', { ...rabbit, name: 'audit' })
  const page = await openOrders(world)
  await choose(page, 'proof', 'a topic or stream')
  await type(field(page, 'Topic or stream of what was consumed'), 'orders.consumed')
  expect(page.text('[data-test=proof-broker]')).toContain('choose one')
  await save(page)
  await page.until(() => expect(page.all('[role=alert]').length).toBe(1))
  await choose(page, 'proof-broker', 'audit')
  await save(page)
  await page.until(() => expect(evidenceOf(world)).toMatchObject({ broker: 'audit' }))
})

test('what is mapped is shown again', async () => {
  const page = await openOrders(proved())
  expect((field(page, 'Topic or stream of what was consumed') as HTMLInputElement).value).toBe(LOG.log)
  expect((field(page, 'Name of the header') as HTMLInputElement).value).toBe('x-id')
  expect((field(page, 'Kept for') as HTMLInputElement).value).toBe('24')
})

test('a broker in which evidence stands cannot be removed, whoever delivers to it', async () => {
  const page = await mountConsole({ world: proved(), path: '/connections?broker=rabbit' })
  await page.until(() => page.find('[data-test=test]'))
  await page.click(button(page, 'Remove rabbit…'))
  await page.until(() => expect(page.text('[role=dialog]')).toContain('orders'))
})

test('a pointer that is none is said at its field; the key of a record needs no name', async () => {
  const world = shop()
  const page = await openOrders(world, 'zh-CN')
  await choose(page, 'proof', '主题或流')
  await type(field(page, '记录已消费消息的主题或流'), 'orders.consumed')
  await choose(page, 'proof-id', '正文')
  await type(field(page, '指向正文的 JSON 指针'), 'order/id')
  await save(page)
  await page.until(() => expect(page.text('[role=alert]')).toBe('JSON 指针以 / 开头：/order/messageId。'))
  await choose(page, 'proof-id', '键')
  await save(page)
  await page.until(() => expect(evidenceOf(world)).toMatchObject({ messageId: 'key', retentionSec: null }))
})

test('nothing proves it any more: what was mapped is removed', async () => {
  const world = shop()
  const source = world.sources.get('orders')!
  const table = { source: null, table: 'public.inbox', messageId: 'id', processedAt: null, retentionSec: 60 }
  source.connection = { ...source.connection, evidence: table }
  const page = await openOrders(world)
  expect((field(page, 'Inbox table of the receiver') as HTMLInputElement).value).toBe('public.inbox')
  await choose(page, 'proof', 'nothing')
  await save(page)
  await page.until(() => expect(evidenceOf(world)).toBeNull())
})
