import { describe, expect, test } from 'vitest'
import type { HalfStanding } from '../../src-preload/contract/half-messages.ts'
import { addCheckRun, setCheckBack } from './support/fake-half-messages.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { button, field, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

const ROW = '[role=row][data-id]'

function shop(environment: 'development' | 'production' = 'development'): World {
  const world = createWorld()
  const messages = makeMessages({ count: 2, nowMs: world.now(), mix: { sent: 1 } }).map((message) => ({
    ...message,
    state: 'waiting-confirm' as const,
    trouble: 'unconfirmed' as const,
  }))
  addBroker(world)
  addSource(world, { name: 'shop', environment, messages, unlocked: true })
  setCheckBack(world, 'shop')
  return world
}

async function inbox(world: World, open: boolean, locale: 'en' | 'zh-CN' = 'en') {
  const q = encodeURIComponent('trouble:unconfirmed')
  const page = await mountConsole({ world, locale, path: `/inbox?source=shop&q=${q}` })
  await page.until(() => expect(page.all(ROW).length).toBe(2))
  const id = page.all(ROW)[0]?.dataset['id'] ?? ''
  if (open) page.all(ROW)[0]?.click()
  if (open) await page.until(() => page.find('[data-test=half-message]'))
  return { page, id }
}

function standing(world: World, id: string, more: Partial<HalfStanding>): void {
  world.halfStandings.set(id, {
    ...{ id, messageId: 'm', state: 'undecided', checks: 3, askedAt: new Date(world.now()).toISOString() },
    last: null,
    ...more,
  })
}

const facts = (page: MountedConsole) => page.text('[data-test=half-message]') ?? ''

describe('a half message', () => {
  test('says that nobody has asked yet, and offers no resend', async () => {
    const { page } = await inbox(shop(), true)
    await page.until(() => expect(facts(page)).toContain('has not been asked yet'))
    expect(page.all('[data-inspector] button').map((one) => one.textContent?.trim())).not.toContain('Resend…')
  })

  test('says how often its producer was asked, what it said last, and that it is parked', async () => {
    const world = shop()
    const first = await inbox(world, false)
    const at = new Date(world.now()).toISOString()
    const last = {
      at,
      means: 'unknown',
      status: null,
      failure: 'timed-out',
      reason: 'no answer within 300 ms',
    } as const
    standing(world, first.id, { state: 'parked', checks: 15, last: { ...last, digest: null, tries: 3 } })
    const { page } = await inbox(world, true)
    await page.until(() => expect(facts(page)).toContain('parked: a person decides'))
    expect(facts(page)).toContain('asked 15 of 15 times')
    expect(facts(page)).toContain('No answer in time.')
  })

  test('is asked about by its dialog, which says what came of it', async () => {
    const world = shop()
    const { page, id } = await inbox(world, true)
    await page.until(() => expect(hasButton(page, 'Ask now…')).toBe(true))
    button(page, 'Ask now…').click()
    await page.until(() => expect(hasButton(page, 'Ask about 1 message')).toBe(true))
    expect(world.asked).toEqual([])
    await submit(page)
    await page.until(() => expect(page.find('[data-test=asked]').textContent).toContain('half message'))
    expect(world.asked).toEqual([[id]])
  })

  test('is decided only with a choice, a reason and its id typed', async () => {
    const world = shop()
    const { page, id } = await inbox(world, true)
    button(page, 'Decide…').click()
    await page.until(() => expect(hasButton(page, 'Decide 1 message')).toBe(true))
    const messageId = page.find('[role=dialog] .id').textContent ?? ''
    await submit(page)
    expect(world.decided).toEqual([])
    page.find('input[value=rollback]').click()
    await type(field(page, 'Reason'), 'the order was cancelled')
    await type(field(page, 'Message id'), 'another')
    await page.until(() => expect(button(page, 'Roll back 1 message').disabled).toBe(true))
    await type(field(page, 'Message id'), messageId)
    await page.until(() => expect(button(page, 'Roll back 1 message').disabled).toBe(false))
    await submit(page)
    await page.until(() => expect(world.decided).toHaveLength(1))
    expect(world.decided[0]).toMatchObject({
      ...{ source: 'shop', id, decision: 'rollback', typedMessageId: messageId },
      reason: 'the order was cancelled',
    })
  })
})

describe('the schedule', () => {
  const row = (page: MountedConsole) => page.text('[data-check-back=shop]') ?? ''
  const open = async (world: World, locale: 'en' | 'zh-CN' = 'en') => {
    const page = await mountConsole({ world, path: '/sweeps', locale })
    await page.until(() => page.find('[data-check-back=shop]'))
    return page
  }

  test('stands beside the sweeps: whom it asks, when, and what its last runs did', async () => {
    const world = shop()
    addCheckRun(world, 'shop', { outcome: { asked: 6, committed: 3, rolledBack: 2, parked: 1 } })
    const page = await open(world)
    expect(row(page)).toContain('every 1 min · parked after 15 checks')
    expect(row(page)).toContain('GET https://orders.internal/check/{messageId}')
    expect(row(page)).toContain('3 committed, 2 rolled back, 1 parked')
  })

  test('speaks Chinese', async () => {
    const world = shop()
    addCheckRun(world, 'shop', { outcome: { asked: 4, committed: 3, parked: 1 } })
    expect(row(await open(world, 'zh-CN'))).toContain('提交 3 条')
  })

  test('is switched on in production with the name typed, and off at once', async () => {
    const world = shop('production')
    const page = await open(world)
    page.find('[data-check-back=shop]').querySelectorAll('button')[1]?.click()
    await page.until(() => expect(page.find('[role=dialog]').textContent).toContain('never deleted'))
    await type(field(page, 'Name of the source'), 'shop')
    await submit(page)
    await page.until(() => expect(page.find('[data-check-back=shop]').dataset['state']).toBe('on'))
    page.find('[data-check-back=shop]').querySelectorAll('button')[1]?.click()
    await page.until(() => expect(page.find('[data-check-back=shop]').dataset['state']).toBe('off'))
  })

  test('of a source that asks nobody is not there', async () => {
    const world = shop()
    world.checkBacks.clear()
    const page = await mountConsole({ world, path: '/sweeps' })
    await page.until(() => page.find('[data-sweep]'))
    expect(page.all('[data-check-back]')).toEqual([])
  })
})
