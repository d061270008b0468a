import { describe, expect, test } from 'vitest'
import { addRun, setSweep, sweepOf } from './support/fake-sweeps.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { button, field, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

interface Shop {
  readonly name?: string
  readonly environment?: 'development' | 'production'
  readonly unlocked?: boolean
}

function shop({ name = 'shop', environment = 'development', unlocked = true }: Shop = {}): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  addSource(world, { name, environment, unlocked })
  return world
}

const row = (page: MountedConsole, name = 'shop'): string =>
  page.find(`[data-sweep="${name}"]`).textContent ?? ''
const open = async (world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> => {
  const page = await mountConsole({ world, path: '/sweeps', locale })
  await page.until(() => page.find('[data-sweep], [data-note=first-use]'))
  return page
}

describe('the list', () => {
  test('without a source says what a sweep belongs to', async () => {
    const page = await open(createWorld())
    expect(page.text('[data-note=first-use]')).toContain('No source yet.')
  })

  test('says the rule, the state and when the next run is; each run is a block with its sentence', async () => {
    const world = shop()
    addRun(world, 'shop', { outcome: { claimed: 0 } })
    addRun(world, 'shop', { outcome: { job: 'job-1', claimed: 3, confirmed: 3 } })
    addRun(world, 'shop', { outcome: { job: 'job-2', claimed: 3, confirmed: 1, retried: 2, returned: 2 } })
    addRun(world, 'shop', { outcome: { claimed: 2, unknown: 1, failed: 1, refused: 1, expired: 4 } })
    addRun(world, 'shop', { state: 'stopped', outcome: {} })
    const trouble = { code: 'connection-lost', reason: 'gone' } as const
    addRun(world, 'shop', { state: 'failed', outcome: null, trouble })
    setSweep(world, 'shop', { state: 'on', nextRunAt: new Date(Date.now() + 42_000).toISOString() })
    const page = await open(world)
    expect(row(page)).toContain('every 1 min · older than 5 min · 3 attempts')
    await page.until(() => expect(row(page)).toMatch(/in (4[0-2]|3\d) s/))
    expect(page.all('[data-kind]').map((block) => block.dataset['kind'])).toEqual([
      'idle',
      'good',
      'retry',
      'attention',
      'stopped',
      'failed',
    ])
    const said = page.all('[data-kind]').map((block) => block.title.replace(/^[\d:]+: /, ''))
    expect(said).toEqual([
      'nothing was due',
      '3 confirmed',
      '1 confirmed, 2 wait for another attempt',
      '5 failed, 1 unknown',
      'stopped by the operator',
      'failed',
    ])
  })

  test('opens the runs by key, and leads to the job', async () => {
    const world = shop()
    addRun(world, 'shop', { outcome: { job: 'job-7', claimed: 1_200, confirmed: 1_200 } })
    addRun(world, 'shop', { trigger: 'operator', outcome: {} })
    const page = await open(world)
    expect(page.all('[data-run]')).toHaveLength(0)
    await page.press('Enter')
    await page.until(() => expect(page.all('[data-run]')).toHaveLength(2))
    expect(page.all('[data-run]').map((line) => line.textContent)).toEqual([
      expect.stringContaining('mira'),
      expect.stringContaining('1,200'),
    ])
    await page.click(page.all('[data-run] a')[0]!)
    await page.until(() => expect(page.router.currentRoute.value.fullPath).toBe('/jobs/job-7'))
  })

  test('a source that delivers nowhere has nothing to act on', async () => {
    const world = shop()
    setSweep(world, 'shop', { deliverTo: null })
    const page = await open(world)
    expect(row(page)).toContain('delivers to no broker')
    expect(hasButton(page, 'Sweep now…')).toBe(false)
  })

  test('keeps what it knows while the engine does not answer', async () => {
    const world = shop()
    const page = await open(world)
    world.switches.fail['sweeps.list'] = errorOf('store-failed', { path: 'x', problem: 'full' }, 'later')
    setSweep(world, 'shop', { state: 'on' })
    await page.until(() => expect(page.text('[role=alert]')).toContain('store x cannot be used'))
    expect(row(page)).toContain('off')
  })

  test('is the page that g s goes to', async () => {
    const page = await mountConsole({ world: shop() })
    await page.until(() => page.find('nav'))
    await page.press('g')
    await page.press('s')
    await page.until(() => expect(page.router.currentRoute.value.name).toBe('sweeps'))
  })
})

describe('switching', () => {
  test('on says what it will do, then does it; off is one press', async () => {
    const world = shop()
    const page = await open(world)
    await page.click(button(page, 'Switch on…'))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('without anybody looking'))
    const said = page.text('[role=dialog]') ?? ''
    for (const part of ['without a change for 5 min', 'failed after 3', '30 s, then 4 times', 'at most 1 h'])
      expect(said).toContain(part)
    await page.click(button(page, 'Switch on the sweep of shop'))
    await submit(page)
    await page.until(() => expect(sweepOf(world, 'shop').state).toBe('on'))
    await page.until(() => expect(row(page)).toContain('✓on'))
    await page.click(button(page, 'Switch off'))
    await page.until(() => expect(row(page)).toContain('–off'))
    expect(world.journal.map(({ action }) => action)).toEqual(['sweep-switched', 'sweep-switched'])
  })

  test('in production the name is typed', async () => {
    const world = shop({ environment: 'production' })
    const page = await open(world)
    await page.click(button(page, 'Switch on…'))
    await page.until(() => expect(button(page, 'Switch on the sweep of shop').disabled).toBe(true))
    await type(field(page, 'Name of the source'), 'shoe')
    await submit(page)
    expect(sweepOf(world, 'shop').state).toBe('off')
    await type(field(page, 'Name of the source'), 'shop')
    await page.until(() => expect(button(page, 'Switch on the sweep of shop').disabled).toBe(false))
    await submit(page)
    await page.until(() => expect(sweepOf(world, 'shop').state).toBe('on'))
  })

  test('a locked source is unlocked first', async () => {
    const world = shop({ unlocked: false })
    const page = await open(world)
    await page.click(button(page, 'Switch on…'))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('shop is read-only'))
    expect(button(page, 'Switch on the sweep of shop').disabled).toBe(true)
    await page.click(button(page, 'Unlock shop…'))
    await page.until(() => button(page, 'Unlock shop for 15 minutes'))
  })

  test('after three failures the reason is there, and the way on', async () => {
    const world = shop()
    const stopped = { code: 'connection-lost', reason: 'gone' } as const
    setSweep(world, 'shop', { state: 'stopped', stopped, failures: 3 })
    const page = await open(world)
    expect(row(page)).toContain('Stopped by itself after 3 failed runs in a row.')
    expect(row(page)).toContain('The connection to shop / rabbit broke.')
    await page.click(button(page, 'Switch on again…'))
    await page.until(() => page.find('[role=dialog]'))
    await submit(page)
    await page.until(() => expect(row(page)).not.toContain('Stopped by itself'))
  })

  test('what nobody agreed to here says so', async () => {
    const world = shop()
    setSweep(world, 'shop', { state: 'unapproved' })
    const page = await open(world)
    expect(row(page)).toContain('not on here')
    expect(row(page)).toContain('It does not run.')
    expect(hasButton(page, 'Switch on…')).toBe(true)
  })
})

describe('a run by hand', () => {
  test('says what it will do, runs, and can be stopped', async () => {
    const world = shop()
    const page = await open(world)
    await page.click(button(page, 'Sweep now…'))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Sweep shop once?'))
    await submit(page)
    await page.until(() => expect(row(page)).toContain('▷running'))
    await page.click(button(page, 'Stop this run'))
    await page.until(() => expect(row(page)).toContain('–off'))
    expect(sweepOf(world, 'shop').runs[0]?.state).toBe('stopped')
  })

  test('needs no unlock where it would run anyway', async () => {
    const world = shop({ unlocked: false })
    setSweep(world, 'shop', { state: 'on' })
    const page = await open(world)
    await page.click(button(page, 'Sweep now…'))
    await page.until(() => expect(button(page, 'Sweep shop now').disabled).toBe(false))
    await submit(page)
    await page.until(() => expect(sweepOf(world, 'shop').runs[0]?.trigger).toBe('operator'))
  })

  test('a refusal is shown where it was asked for', async () => {
    const world = shop()
    world.switches.fail['sweeps.runNow'] = errorOf('sweep-busy', { source: 'shop' })
    const page = await open(world)
    await page.click(button(page, 'Sweep now…'))
    await page.until(() => page.find('[role=dialog]'))
    await submit(page)
    await page.until(() =>
      expect(page.text('[role=dialog] [role=alert]')).toContain('A sweep of shop is running already.'),
    )
  })
})

describe('setting up', () => {
  test('takes what is in its limits only, and keeps what was not touched', async () => {
    const world = shop()
    const page = await open(world)
    await page.click(button(page, 'Set up…'))
    await page.until(() => page.find('[role=dialog]'))
    const every = field(page, 'Run every')
    await type(every, '4')
    every.dispatchEvent(new Event('change', { bubbles: true }))
    every.dispatchEvent(new Event('blur', { bubbles: true }))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('From 5 to 86,400.'))
    expect(button(page, 'Save the sweep of shop').disabled).toBe(true)
    await type(every, '120')
    every.dispatchEvent(new Event('change', { bubbles: true }))
    await page.until(() => expect(button(page, 'Save the sweep of shop').disabled).toBe(false))
    const before = sweepOf(world, 'shop').settings
    await submit(page)
    await page.until(() => expect(row(page)).toContain('every 2 min'))
    expect(sweepOf(world, 'shop').settings).toEqual({ ...before, everySec: 120 })
  })

  test('of one that is on needs the unlock, and in production the name', async () => {
    const world = shop({ environment: 'production' })
    setSweep(world, 'shop', { state: 'on' })
    const page = await open(world)
    await page.click(button(page, 'Set up…'))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('This sweep is on'))
    expect(button(page, 'Save the sweep of shop').disabled).toBe(true)
    await type(field(page, 'Name of the source'), 'shop')
    await submit(page)
    await page.until(() => expect(sweepOf(world, 'shop').isSetUp).toBe(true))
  })
})

test('reads in Chinese', async () => {
  const world = shop()
  addRun(world, 'shop', { outcome: { claimed: 2, confirmed: 1, retried: 1 } })
  const page = await open(world, 'zh-CN')
  expect(row(page)).toContain('每 1 分钟 · 超过 5 分钟 · 最多 3 次')
  expect(page.find('[data-kind]').title).toContain('1 条已确认，1 条等待再次尝试')
  await page.click(button(page, '开启…'))
  await page.until(() => expect(page.text('[role=dialog]')).toContain('结果未知的消息绝不会自动重发'))
})
