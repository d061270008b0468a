import { expect, test } from 'vitest'
import { span } from '../../src-main/domain/dedupe/span.ts'
import { say } from '../../src-main/domain/text.ts'
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
  expect(page.text('[role=dialog]')).toContain('public.inbox (billing @ db-7)')
  await page.click(button(page, 'Send consumed ones again…'))
  await page.until(() => expect(button(page, 'Make that plan').disabled).toBe(true))
  await type(field(page, 'Reason'), 'restored from a backup')
  await page.click(button(page, 'Make that plan'))
  await page.until(() =>
    expect(page.text('[data-evidence=consumed]')).toBe('10 were consumed already and are sent again.'),
  )
  expect(page.text('[role=dialog]')).toContain('Reason: restored from a backup')
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

/** A receiver without a unique index, and a retention that is nearly over. */
const HARMFUL = {
  verdict: 'not-harmless',
  findings: [
    {
      check: 'unique',
      state: 'broken',
      says: say('dedupe.unique-none', { table: 'public.inbox', columns: 'message_id' }),
    },
    { check: 'clocks', state: 'ok', says: say('dedupe.clocks', { by: span(2) }) },
  ],
} as const

test('the plan says in one line what a duplicate does, and the rest when it is opened', async () => {
  const world = shop()
  world.switches.dedupe = { ...HARMFUL, findings: [...HARMFUL.findings] }
  const page = await mountConsole({ world, path: '/jobs' })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  acts(page).resend({ source: 'shop', selection: FAILED })
  await page.until(() =>
    expect(page.text('[data-duplicates] summary')).toBe(
      'A message that comes twice can take effect twice; does not hold: unique id.',
    ),
  )
  expect(page.text('[data-finding=unique]')).toContain('No unique index on message_id of public.inbox')
  expect(page.text('[data-finding=clocks]')).toContain('within 2 s')
})

test('a plan of a source without evidence asks nobody', async () => {
  const world = shop()
  world.switches.consumed = null
  const page = await mountConsole({ world, path: '/jobs' })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  acts(page).resend({ source: 'shop', selection: FAILED })
  await page.until(() => expect(page.text('[role=dialog]')).toContain('Exactly these messages'))
  expect(document.querySelector('[data-duplicates]')).toBe(null)
})

test('the editor of a source checks its receiver, what is saved and nothing else', async () => {
  const world = shop()
  const page = await mountConsole({ world, path: '/connections?source=shop', locale: 'zh-CN' })
  await page.until(() => button(page, '检查去重'))
  await page.click(button(page, '检查去重'))
  await page.until(() =>
    expect(page.text('[data-duplicates] summary')).toBe('就接收方的表来看，同一消息到达两次不会造成影响。'),
  )
  expect(page.text('[data-finding=unique]')).toContain('inbox_pkey（message_id）会拒绝同一消息的第二行')
  world.switches.dedupe = { ...HARMFUL, findings: [...HARMFUL.findings] }
  await page.click(button(page, '检查去重'))
  await page.until(() =>
    expect(page.text('[data-duplicates] summary')).toContain('可能生效两次；不成立的是：ID 唯一'),
  )
  const weak = { check: 'kept', state: 'weak', says: say('dedupe.disk-late', { mode: 'everysec' }) } as const
  world.switches.dedupe = { verdict: 'harmless', findings: [weak] }
  await page.click(button(page, '检查去重'))
  await page.until(() => expect(page.text('[data-duplicates] summary')).toContain('较弱的是：记录不会丢失'))
  await type(field(page, '主机'), 'db-8.internal')
  await page.until(() => expect(button(page, '检查去重').disabled).toBe(true))
  expect(page.text('form.editor')).toContain('请先保存')
  expect(document.querySelector('[data-duplicates]')).toBe(null)
})
