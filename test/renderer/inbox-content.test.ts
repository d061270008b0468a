import { expect, test } from 'vitest'
// The page is a part that is loaded when it is first seen: here before the clock of the first test runs.
import '../../src-renderer/features/inbox/InboxPage.vue'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

/** Three messages of one chain; the last one of them is looked at. */
function chain(payloads: readonly string[], previous: (messageId: string, id: string) => string): World {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count: payloads.length, nowMs: world.now(), mix: { failed: 1 } })
  messages.forEach((message, at) => {
    const before = messages[at - 1]
    message.payload = payloads[at] ?? ''
    message.chain = {
      key: 'O-1',
      previousId: before === undefined ? null : previous(before.messageId, before.id),
    }
  })
  addSource(world, { name: 'shop', messages, unlocked: true })
  return world
}

async function inspect(world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> {
  const id = world.sources.get('shop')?.messages.at(-1)?.id ?? ''
  const page = await mountConsole({ world, locale, path: `/inbox?source=shop&q=&id=${id}` })
  await page.until(() => expect(page.all('[data-inspector] [role=tab]').length).toBeGreaterThan(1))
  return page
}

async function choose(page: MountedConsole, name: string): Promise<void> {
  const tab = await page.until(() => {
    const found = page.all('[role=tab]').find((one) => one.textContent?.trim() === name)
    if (found === undefined) throw new Error(`no tab ${name}`)
    return found
  })
  await page.click(tab)
}

test('a binary payload is shown as bytes, and as stored on demand', async () => {
  const page = await inspect(chain([String.raw`\x00c0ffee`], (_, id) => id))
  await page.until(() => expect(page.all('[data-hex]')).toHaveLength(1))
  expect(page.text('.hex')).toContain('4 bytes')
  expect(page.text('[data-hex]')).toContain('00 c0 ff ee')
  const way = page.all('button').find((one) => one.textContent?.trim() === 'Show as stored')
  await page.click(way!)
  await page.until(() => expect(page.all('[data-hex]')).toHaveLength(0))
})

test.each([
  ['its row', (_: string, id: string) => id],
  ['its message id', (messageId: string) => messageId],
])('the message before it is found by %s and compared', async (_, previous) => {
  const page = await inspect(chain(['{"n":0}', '{"n":1}', '{"n":2}'], previous))
  await choose(page, 'Compared')
  await page.until(() => expect(page.text('[data-compared]')).toContain('Payload of this message'))
  await page.until(() => {
    expect(page.text('.cm-merge-a')).toContain('"n": 1')
    expect(page.text('.cm-merge-b')).toContain('"n": 2')
  })
})

test('one that is not there is said to be gone', async () => {
  const gone = await inspect(chain(['{}', '{"n":1}'], () => 'nobody'))
  await choose(gone, 'Compared')
  await gone.until(() => expect(gone.text('[data-compared]')).toContain('is not in this outbox'))
})

test('one that is the same is said to be', async () => {
  const same = await inspect(
    chain(['{}', '{}'], (_, id) => id),
    'zh-CN',
  )
  await choose(same, '与前一条对比')
  await same.until(() => expect(same.text('[data-compared]')).toContain('两条消息体相同。'))
})

test('a message with nothing before it is not compared', async () => {
  const page = await inspect(chain(['{"n":0}'], (_, id) => id))
  await page.until(() => expect(page.text('.cm-content')).toContain('"n": 0'))
  expect(page.all('[role=tab]')).toHaveLength(2)
})
