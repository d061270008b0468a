import { expect, test } from 'vitest'
import type { SourceConnection } from '../../src-preload/contract/connections.ts'
import type { PlanSelection } from '../../src-preload/contract/plans.ts'
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

const ALL = { kind: 'filter', filter: {} } as const

async function openPlan(
  world: World,
  { locale = 'en', selection = FAILED }: { locale?: 'en' | 'zh-CN'; selection?: PlanSelection } = {},
): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: '/jobs', locale })
  await page.until(() => expect(page.text('.source')).not.toBeNull())
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  acts(page).resend({ source: 'shop', selection })
  return page
}

function onlyPlan(world: World) {
  const [plan, ...others] = world.plans.values()
  if (plan === undefined || others.length > 0) throw new Error('not one plan')
  return plan
}

const planned = (world: World): number => [...world.plans.values()][0]?.items.length ?? 0
const dialog = (page: MountedConsole): string => page.text('[role=dialog]') ?? ''

test('the dry run says first what speaks against it, then what, content, left out, how, and exactly which', async () => {
  const world = shop('staging', { count: 400 })
  world.switches.estimateSec = 240
  const page = await openPlan(world, { selection: ALL })
  await page.until(() => expect(page.all('.facts > dt').length).toBe(7))
  expect(page.all('.facts > dt').map((term) => term.textContent?.trim())).toEqual([
    'Know before you send',
    'What',
    'Content',
    'Left out',
    'How',
    'Exactly these messages',
    'Plan',
  ])
  const { plan, items, digest } = onlyPlan(world)
  expect(page.text('.headline')).toMatch(new RegExp(`^${items.length} messages`))
  expect(dialog(page)).toContain('Staging')
  const lost = items.filter(({ destination }) => destination.exchange === 'reporting').length
  expect(page.text('[data-risk=exchange-missing]')).toBe(
    `The exchange reporting does not exist: ${lost} messages will come back or be refused.`,
  )
  expect(page.all('[data-risk]').map((risk) => risk.dataset['risk'])).toEqual([
    'exchange-missing',
    'order-broken',
    'maybe-sent',
  ])
  expect(page.text('[data-risk=order-broken]')).toContain('later ones of the same chain were already sent')
  expect(page.text('.counts')).toContain('orders → order.paid')
  expect(page.text('.counts .wrong')).toMatch(/reporting → settlement.*✗ does not exist/)
  expect(page.text('[data-skip=state-forbids]')).toContain('already sent')
  expect(page.text('[data-test=estimate]')).toBe('Takes about 4 minutes.')
  expect(dialog(page)).toContain('Exactly as stored.')
  expect(dialog(page)).toContain(digest)
  expect(plan).toBe('plan-1')
  expect(button(page, `Resend ${items.length} messages`).disabled).toBe(false)
})

test('every group is counted with its share; what is not listed is counted with the others', async () => {
  const world = shop('development', { count: 400 })
  const page = await openPlan(world, { selection: ALL })
  await page.until(() => expect(page.all('.bars').length).toBe(5))
  const { items } = onlyPlan(world)
  for (const table of page.all('.bars')) {
    const counts = [...table.querySelectorAll('td.number')].map((cell) => Number(cell.textContent))
    expect(
      counts.reduce((sum, count) => sum + count, 0),
      table.textContent ?? '',
    ).toBe(items.length)
  }
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
  expect(page.all('[role=dialog]').length).toBe(0)
})

test('a speed that is none stops the act; a speed that is one goes into the job, and says how long it takes', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  expect(page.text('[data-test=estimate]')).toContain('How long it takes is not known')
  await type(field(page, 'Messages a second'), '0')
  expect(button(page, `Resend ${planned(world)} messages`).disabled).toBe(true)
  await type(field(page, 'Messages a second'), '0.5')
  expect(page.text('[data-test=estimate]')).toMatch(/Takes about \d+ seconds or more/)
  await submit(page)
  await page.until(() =>
    expect([...world.jobs.values()][0]?.job.options).toEqual({ rate: 0.5, ramp: false, brake: null }),
  )
})

test('production starts with ramp and brake on, and what is set goes into the job', async () => {
  const world = shop('production')
  const page = await openPlan(world)
  await page.until(() => field(page, 'Number of messages'))
  await type(field(page, 'Number of messages'), String(planned(world)))
  await type(field(page, 'Not confirmed, percent'), '12.5')
  await type(field(page, 'Returned messages'), '')
  await type(field(page, 'Messages in the queue'), '5000')
  expect(button(page, `Resend ${planned(world)} messages`).disabled).toBe(true)
  await type(field(page, 'Name of the queue'), 'orders.in')
  await page.click('[data-test=ramp]')
  await submit(page)
  await page.until(() =>
    expect([...world.jobs.values()][0]?.job.options).toEqual({
      rate: null,
      ramp: false,
      brake: { failureRatio: 0.125, returnedMax: null, queue: { name: 'orders.in', depthMax: 5_000 } },
    }),
  )
})

test('a locked source is unlocked first, in production by name and with a reason, and the act goes on from there', async () => {
  const world = shop('production', { unlocked: false })
  const page = await openPlan(world)
  await page.until(() => button(page, 'Unlock shop for 15 minutes'))
  expect(button(page, 'Unlock shop for 15 minutes').disabled).toBe(true)
  await type(field(page, 'Name of the source'), 'shop')
  expect(button(page, 'Unlock shop for 15 minutes').disabled).toBe(true)
  await type(field(page, 'Why'), 'INC-7: the broker is back')
  await submit(page)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  expect(world.journal.map(({ action }) => action)).toEqual(['source-unlocked', 'plan-created'])
  expect(world.journal[0]?.detail).toMatchObject({ minutes: 15, reason: 'INC-7: the broker is back' })
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

test('the plan is saved as the file that the command line runs: a header, then a line for each message', async () => {
  const world = shop('development', { count: 9_000 })
  const page = await openPlan(world)
  const files = catchDownloads()
  await page.until(() => button(page, 'Save the plan file'))
  await page.click(button(page, 'Save the plan file'))
  await page.until(() => expect(dialog(page)).toContain('Saved as plan-1.redrive-plan'))
  const [header = '', ...lines] = ((await files.get('plan-1.redrive-plan')?.()) ?? '').trimEnd().split('\n')
  const { items, ...rest } = onlyPlan(world)
  // More than one call carries.
  expect(items.length).toBeGreaterThan(1_000)
  expect(JSON.parse(header)).toEqual({ ...rest, items: items.length })
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(items)
})

test('Esc closes the dialog and nothing has happened', async () => {
  const world = shop('development')
  const page = await openPlan(world)
  await page.until(() => button(page, `Resend ${planned(world)} messages`))
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', code: 'Escape', bubbles: true }))
  await page.until(() => expect(page.all('[role=dialog]').length).toBe(0))
  expect(world.jobs.size).toBe(0)
})

test('the plan speaks Chinese', async () => {
  const world = shop('production')
  const page = await openPlan(world, { locale: 'zh-CN' })
  await page.until(() => button(page, `重发 ${planned(world)} 条消息`))
  expect(dialog(page)).toContain('交换机 reporting 不存在')
  expect(dialog(page)).toContain('生产')
})
