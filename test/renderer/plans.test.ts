import { expect, test } from 'vitest'
import type { SourceConnection } from '../../src-preload/contract/connections.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { acts, button, catchDownloads, field, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const FAILED = { kind: 'filter', filter: { trouble: 'failed' } } as const

function shop(
  environment: SourceConnection['environment'],
  { unlocked = true, count = 120 }: { unlocked?: boolean; count?: number } = {},
): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  addSource(world, {
    name: 'shop',
    environment,
    unlocked,
    messages: makeMessages({ count, nowMs: world.now() }),
  })
  return world
}

async function openPlan(world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: '/jobs', locale })
  await page.until(() => expect(page.text('.source')).not.toBeNull())
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  acts(page).resend({ source: 'shop', selection: FAILED })
  return page
}

const planned = (world: World): number => [...world.plans.values()][0]?.items.length ?? 0
const dialog = (page: MountedConsole): string => page.text('form[role=dialog]') ?? ''

test('the plan says what, where, left out, warnings, speed, sample and digest, in this order', async () => {
  const world = shop('staging')
  const page = await openPlan(world)
  await page.until(() => expect(page.all('.facts > dt').length).toBe(7))
  expect(page.all('.facts > dt').map((term) => term.textContent?.trim())).toEqual([
    'What',
    'Where',
    'Left out',
    'Know before you send',
    'Speed',
    'Exactly these messages',
    'Plan',
  ])
  expect(dialog(page)).toContain(`${planned(world)} messages`)
  expect(dialog(page)).toContain('Staging')
  expect(dialog(page)).toContain('order.paid')
  expect(dialog(page)).toContain('does not exist')
  expect(dialog(page)).toContain('The exchange reporting does not exist')
  expect(dialog(page)).toContain([...world.plans.values()][0]?.digest)
  expect(button(page, `Resend ${planned(world)} messages`).disabled).toBe(false)
})

test('the sample shows exactly the items of the plan, page after page', async () => {
  const world = shop('development', { count: 900 })
  const page = await openPlan(world)
  await page.until(() => button(page, 'Show the messages'))
  await page.click(button(page, 'Show the messages'))
  const shown = (): number => page.all('[data-test=plan-item]').length
  expect(shown()).toBe(20)
  await page.click(button(page, 'Show 50 more'))
  await page.until(() => expect(shown()).toBe(70))
  const ids = page.all('[data-test=plan-item] .id').filter((_, index) => index % 2 === 0)
  const items = [...world.plans.values()][0]?.items.slice(0, 70) ?? []
  expect(ids.map((id) => id.title)).toEqual(items.map(({ id }) => id))
})

test('in production the count is typed, then the job runs and its result appears where the act was made', async () => {
  const world = shop('production')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  const resend = button(page, `Resend ${planned(world)} messages`)
  expect(resend.disabled).toBe(true)
  await submit(page)
  expect(world.jobs.size).toBe(0)
  await type(field(page, 'Number of messages'), String(planned(world) + 1))
  expect(resend.disabled).toBe(true)
  await type(field(page, 'Number of messages'), String(planned(world)))
  expect(resend.disabled).toBe(false)
  await page.click(resend)
  await submit(page)
  await page.until(() => expect(dialog(page)).toContain(`Done: ${planned(world)} of ${planned(world)}`))
  expect([...world.jobs.values()].map(({ job }) => job.digest)).toEqual([
    [...world.plans.values()][0]?.digest,
  ])
  await page.click(button(page, 'Open the job'))
  await submit(page)
  await page.until(() => expect(page.router.currentRoute.value.fullPath).toBe('/jobs/job-1'))
  expect(page.all('form[role=dialog]').length).toBe(0)
})

test('a speed that is none stops the act; a speed that is one goes into the job', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  await type(field(page, 'Messages a second'), '0')
  expect(button(page, `Resend ${planned(world)} messages`).disabled).toBe(true)
  await type(field(page, 'Messages a second'), '250')
  await submit(page)
  await page.until(() => expect([...world.jobs.values()][0]?.job.rate).toBe(250))
})

test('a locked source is unlocked first, by name in production, and the act goes on from there', async () => {
  const world = shop('production', { unlocked: false })
  const page = await openPlan(world)
  await page.until(() => button(page, 'Unlock shop for 15 minutes'))
  expect(button(page, 'Unlock shop for 15 minutes').disabled).toBe(true)
  await type(field(page, 'Name of the source'), 'shop')
  await submit(page)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  expect(world.journal.map(({ action }) => action)).toEqual(['source-unlocked', 'plan-created'])
})

test('a lock that falls while the plan is open asks again and keeps the plan', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  const source = world.sources.get('shop')
  if (source === undefined) throw new Error('no source')
  source.connection.unlockedUntil = null
  world.revision += 1
  for (const wake of world.watchers) wake()
  await page.until(() => button(page, 'Unlock shop…'))
  expect(hasButton(page, `Resend ${planned(world)} messages`)).toBe(false)
  await submit(page)
  await page.until(() => button(page, 'Unlock shop for 15 minutes'))
  await submit(page)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  expect(world.plans.size).toBe(1)
})

test('nothing to resend is a sentence with a next step', async () => {
  const world = shop('development', { count: 0 })
  const page = await openPlan(world)
  await page.until(() => expect(dialog(page)).toContain('There is nothing to resend in this selection.'))
  expect(dialog(page)).toContain('Choose messages that are pending, in flight or failed.')
  expect(dialog(page)).toContain('code plan-empty')
})

test('a refused run leaves the plan and says why', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  world.switches.fail['jobs.run'] = {
    code: 'broker-blocked',
    retry: 'later',
    detail: { reason: 'low on memory' },
  }
  await submit(page)
  await page.until(() => expect(dialog(page)).toContain('The broker takes no publishes now: low on memory.'))
  expect(button(page, `Resend ${planned(world)} messages`).disabled).toBe(false)
})

test('the plan is saved as the file that the command line runs', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  const files = catchDownloads()
  await page.until(() => button(page, 'Save the plan file'))
  await page.click(button(page, 'Save the plan file'))
  await page.until(() => expect(dialog(page)).toContain('Saved as plan-1.json'))
  const saved: unknown = JSON.parse((await files.get('plan-1.json')?.()) ?? '')
  expect(saved).toEqual([...world.plans.values()][0])
})

test('Esc closes the dialog and nothing has happened', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true }))
  await page.until(() => expect(page.all('form[role=dialog]').length).toBe(0))
  expect(world.jobs.size).toBe(0)
})

test('the plan speaks Chinese', async () => {
  const world = shop('production')
  const page = await openPlan(world, 'zh-CN')
  await page.until(() => button(page, `重发 ${planned(world)} 条消息`))
  expect(dialog(page)).toContain('交换机 reporting 不存在')
  expect(dialog(page)).toContain('生产')
})
