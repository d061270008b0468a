import { expect, test } from 'vitest'
import type { PlanApproval } from '../../src-preload/contract/plans.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld } from './support/fake-world.ts'
import { acts, button, field, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const why = {
  say: 'guard.above',
  with: { count: 2_000, above: 1_000 },
  text: '2000 messages are more than the 1000 that one person may act on within an hour',
} as const

async function openPlan(
  approval: PlanApproval | null,
  locale: 'en' | 'zh-CN' = 'en',
): Promise<MountedConsole> {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count: 120, nowMs: world.now() })
  addSource(world, { name: 'shop', environment: 'staging', unlocked: true, messages })
  world.switches.approval = approval
  const page = await mountConsole({ world, path: '/jobs', locale })
  await page.until(() => expect(page.text('.source')).not.toBeNull())
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  acts(page).resend({ source: 'shop', selection: { kind: 'filter', filter: { trouble: 'failed' } } })
  await page.until(() => expect(page.all('.facts > dt').length).toBeGreaterThan(5))
  return page
}

const resend = (page: MountedConsole): HTMLButtonElement =>
  page.all('[role=dialog] button[type=submit]').at(-1) as HTMLButtonElement

test('a plan that needs a second person says so, and runs when their yes was handed in', async () => {
  const page = await openPlan({ why, above: 1_000, approvers: ['mei'], given: [] })
  expect(page.text('[data-test=approval]')).toContain(
    'Needs a second person: 2000 messages are more than the 1000',
  )
  expect(page.text('[data-test=approval]')).toContain('give it to one of these: mei')
  expect(resend(page).disabled).toBe(true)
  await type(field(page, 'Paste the approval'), 'nonsense')
  button(page, 'Hand the approval in').click()
  await page.until(() => expect(page.text('[data-test=approval]')).toContain('The approval does not count'))
  expect(resend(page).disabled).toBe(true)
  await type(field(page, 'Paste the approval'), '{"approver": "mei"}')
  button(page, 'Hand the approval in').click()
  await page.until(() => expect(page.text('[data-approved=yes]')).toMatch(/^mei has said yes; good until /))
  expect(resend(page).disabled).toBe(false)
})

test('a yes that does not count says why', async () => {
  const at = new Date().toISOString()
  const given = [{ approver: 'mei', approvedAt: at, validUntil: at, problem: 'expired' as const }]
  const page = await openPlan({ why, above: 1_000, approvers: ['mei'], given }, 'zh-CN')
  expect(page.text('[data-approved=expired]')).toContain('mei 的批准不算数：已过期')
  expect(page.text('[data-test=approval]')).toContain('需要第二个人批准：2000 条消息超过了')
  expect(resend(page).disabled).toBe(true)
})

test('where no second person is needed, nothing speaks of one', async () => {
  const page = await openPlan({ why: null, above: 1_000, approvers: ['mei'], given: [] })
  expect(page.text('[data-test=approval]')).toBeNull()
  expect(resend(page).disabled).toBe(false)
})
