import { expect, test } from 'vitest'
import { addAudit, block } from './support/fake-audits.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { acts, button, catchDownloads, field, giveHeight, type } from './support/hands.ts'
import { mountConsole } from './support/mount-console.ts'

const FAILED = { kind: 'filter', filter: { trouble: 'failed' } } as const

/** The receiver has consumed every message with an even id. */
function shop(): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count: 20, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', messages, unlocked: true })
  world.switches.consumed = (id) => Number(id) % 2 === 0
  return world
}

test('a plan leaves out what was consumed; it goes out again with a reason, in another plan', async () => {
  const world = shop()
  const page = await mountConsole({ world, path: '/jobs' })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  acts(page).resend({ source: 'shop', selection: FAILED })
  await page.until(() =>
    expect(page.text('[data-evidence=consumed]')).toBe('10 were probably consumed already: left out.'),
  )
  expect(page.text('[data-skip=already-consumed]')).toContain('10')
  expect(page.text('form[role=dialog]')).toContain('public.inbox (billing @ db-7)')
  await page.click(button(page, 'Send consumed ones again…'))
  await page.until(() => expect(button(page, 'Make that plan').disabled).toBe(true))
  await type(field(page, 'Reason'), 'restored from a backup')
  await page.click(button(page, 'Make that plan'))
  await page.until(() =>
    expect(page.text('[data-evidence=consumed]')).toBe('10 were consumed already and are sent again.'),
  )
  expect(page.text('form[role=dialog]')).toContain('Reason: restored from a backup')
  expect([...world.plans.values()].map(({ items }) => items.length)).toEqual([10, 20])
})

test('the history of a message says whether the receiver has it, and who says so', async () => {
  giveHeight()
  const world = shop()
  const [first] = [...world.sources.values()].flatMap(({ messages }) => messages)
  const page = await mountConsole({ world, path: `/inbox?source=shop&id=${first!.id}`, locale: 'zh-CN' })
  const consumed = Number(first!.id) % 2 === 0
  await page.until(() =>
    expect(page.text('.evidence')).toContain(consumed ? '已消费' : '在接收方的记录保留期内没有消费记录'),
  )
  expect(page.text('.evidence')).toContain('public.inbox (billing @ db-7)')
})

test('a chain is compared with its receiver when somebody asks, and the report can be kept', async () => {
  giveHeight()
  const files = catchDownloads()
  const world = shop()
  world.chains.set('a', [block(1, null, 'head'), block(2, 1)])
  const { audit } = addAudit(world, 'shop', { scope: { kind: 'chains', chains: ['a'] } })
  const page = await mountConsole({ world, path: `/audits/${audit}?chain=a` })
  await page.until(() => button(page, 'Compare with the receiver'))
  await page.click(button(page, 'Compare with the receiver'))
  await page.until(() => expect(page.text('[data-test=position]')).toBe('the receiver stands at 880039'))
  expect(page.text('[data-place=sent-not-consumed]')).toContain('The receiver has passed it')
  await page.click(button(page, 'Save the report'))
  expect([...files.keys()]).toEqual(['places.html'])
})
