import { expect, test } from 'vitest'
// Parts that are loaded when they are first seen: here before the clock of the first test runs.
import '../../src-renderer/features/inbox/InboxPage.vue'
import '../../src-renderer/features/plans/ChangeDialog.vue'
import { button, field, hasButton, type } from './support/hands.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const CARD = '4111111111111234'
const STORED = `{"card":"${CARD}","name":"Ada"}`
const SHOWN = '{"card":"••••1234","name":"Ada"}'

function maskedWorld(masked = { fields: 3, whole: false }): World {
  const world = createWorld()
  addBroker(world)
  const messages = makeMessages({ count: 2, nowMs: world.now(), mix: { failed: 1 } })
  const [first, second] = messages
  for (const message of messages) {
    message.payload = masked.whole ? '•••' : SHOWN
    message.stored = STORED
    message.masked = masked
  }
  if (first && second) second.chain = { key: first.chain?.key ?? '', previousId: first.id }
  addSource(world, { name: 'shop', messages, unlocked: true })
  return world
}

async function inspect(world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> {
  const id = world.sources.get('shop')?.messages.at(-1)?.id ?? ''
  const page = await mountConsole({ world, locale, path: `/inbox?source=shop&q=&id=${id}` })
  await page.until(() => expect(page.text('[data-masked]')).not.toBeNull())
  return page
}

async function unmask(page: MountedConsole, reason: string): Promise<void> {
  await page.click('[data-test=unmask]')
  await type(field(page, 'Why you need to see it'), reason)
  await page.click('[data-test=unmask-now]')
}

test('a masked message says how much is masked, and asks for a reason before it shows the rest', async () => {
  const world = maskedWorld()
  const page = await inspect(world)
  expect(page.text('[data-masked]')).toContain('3 fields are masked by rule.')
  await page.until(() => expect(page.text('.cm-content')).toContain('••••1234'))
  await page.click('[data-test=unmask]')
  expect(page.text('[data-masked]')).toContain('go into the journal before it is shown')
  expect(page.find('[data-test=unmask-now]')).toHaveProperty('disabled', true)
  await type(field(page, 'Why you need to see it'), 'customer on the phone')
  await page.click('[data-test=unmask-now]')
  await page.until(() => expect(page.text('.cm-content')).toContain(CARD))
  expect(world.journal.at(-1)).toMatchObject({
    action: 'payload-unmasked',
    detail: { reason: 'customer on the phone' },
  })
  await page.click(button(page, 'Mask again'))
  await page.until(() => expect(page.text('.cm-content')).not.toContain(CARD))
})

test('what was unmasked is not kept: the next message and the way back are masked', async () => {
  const world = maskedWorld()
  const page = await inspect(world)
  await unmask(page, 'why')
  await page.until(() => expect(page.text('.cm-content')).toContain(CARD))
  const [other, first] = (world.sources.get('shop')?.messages ?? []).map(({ id }) => id)
  for (const id of [other, first]) {
    await page.router.replace({ path: '/inbox', query: { source: 'shop', q: '', id } })
    await page.until(() => expect(page.find('[data-inspector]').dataset['inspector']).toBe(id))
    await page.until(() => expect(page.text('[data-masked]')).toContain('masked by rule'))
    expect(document.body.textContent).not.toContain(CARD)
  }
})

test('two equal masks are not called the same payload', async () => {
  const page = await inspect(maskedWorld())
  const tab = page.all('[role=tab]').find((one) => one.textContent?.trim() === 'Compared')
  await page.click(tab!)
  await page.until(() =>
    expect(page.text('[data-compared]')).toContain('but for what is masked, which may differ'),
  )
})

test('a payload that is masked whole is not called broken', async () => {
  const page = await inspect(maskedWorld({ fields: 1, whole: true }), 'zh-CN')
  expect(page.text('[data-masked]')).toContain('规则遮盖了整个消息体')
  expect(document.body.textContent).not.toContain('不是 JSON')
})

test('a masked payload is not edited: the editor opens on what is stored, once a reason was given', async () => {
  const world = maskedWorld()
  const page = await inspect(world)
  await page.click(button(page, 'Edit…'))
  await page.until(() => expect(page.text('[role=dialog]')).toContain('it is edited unmasked or not at all'))
  expect(page.all('[role=dialog] .cm-editor')).toHaveLength(0)
  expect(hasButton(page, 'Format')).toBe(false)
  const dialog = page.find('[role=dialog]')
  dialog.querySelector<HTMLElement>('[data-test=unmask]')?.click()
  const reason = await page.until(() => {
    const found = dialog.querySelector<HTMLElement>('input[aria-label="Why you need to see it"]')
    if (found === null) throw new Error('no field for the reason')
    return found
  })
  await type(reason, 'wrong card')
  dialog.querySelector<HTMLElement>('[data-test=unmask-now]')?.click()
  await page.until(() => expect(page.text('[role=dialog] .cm-merge-b')).toContain(CARD))
})
