import { beforeEach, describe, expect, test } from 'vitest'
import type {
  CallbackView,
  UnconfirmedMessage,
  UpstreamAttempt,
} from '../../src-preload/contract/callback.ts'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, type World } from './support/fake-world.ts'
import { button, field, giveHeight, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

const now = (): string => new Date().toISOString()

function service(more: Partial<CallbackView> = {}): CallbackView {
  const feed = { state: 'connected' as const, behind: 0, lastAt: now(), problem: null }
  return {
    source: 'shop',
    listen: { broker: 'rabbit', confirmations: 'shop.confirmations', checks: 'shop.checks', delaySec: 60 },
    unconfirmedAfterSec: 300,
    canAsk: true,
    running: true,
    caughtUp: true,
    service: {
      since: now(),
      startedAt: now(),
      beatAt: now(),
      caughtUpAt: now(),
      asks: true,
      feeds: { confirmations: feed, checks: feed },
    },
    counts: { confirmations: 1_234, parked: 0, waiting: 5, person: 1 },
    ...more,
  }
}

const attempt = (n: number): UpstreamAttempt => ({
  attempt: n,
  at: now(),
  operator: 'mira',
  trigger: 'callback',
  outcome: 'unknown',
  status: 503,
  reason: 'try later',
})

function shop({ environment = 'development' }: { environment?: 'development' | 'production' } = {}): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count: 3, nowMs: world.now(), mix: { sent: 1 }, seed: 3 })
  addSource(world, { name: 'shop', unlocked: true, environment, messages })
  world.callback.callbacks = [service()]
  world.callback.unconfirmed = messages.map((message, at): UnconfirmedMessage => ({
    message,
    ageSec: 600,
    // The last one is a person's.
    resends: Array.from({ length: at === 2 ? 3 : at }, (_, n) => attempt(n + 1)),
  }))
  return world
}

async function open(world: World, locale: 'en' | 'zh-CN' = 'en'): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: '/confirmations', locale })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  return page
}

describe('unconfirmed messages', () => {
  test('stand with their age and how often the sender was asked; what is a person’s cannot be chosen', async () => {
    const page = await open(shop())
    await page.until(() => expect(page.all('[data-unconfirmed]')).toHaveLength(3))
    const texts = page.all('[data-unconfirmed]').map((row) => row.textContent)
    expect(texts[0]).toContain('0 of 3')
    expect(texts[1]).toContain('1 of 3')
    expect(texts[1]).toContain('unknown')
    expect(texts[2]).toContain('for a person')
    expect(page.all('[data-unconfirmed] .n-checkbox')).toHaveLength(2)
    expect(page.text('[data-service]')).toContain('The callback service is running, and caught up')
    expect(page.text('[data-service]')).toContain('1,234 confirmations · 5 checks wait · 1 for a person')
  })

  test('the sender is asked for just those that were chosen, with a reason', async () => {
    const world = shop()
    const page = await open(world)
    await page.until(() => expect(page.all('[data-unconfirmed]')).toHaveLength(3))
    expect(hasButton(page, 'Ask the sender to resend 1 message…')).toBe(false)
    await page.press('x')
    await page.click(button(page, 'Ask the sender to resend 1 message…'))
    await page.until(() => expect(page.text('[role=dialog]')).toContain('3 a message at most'))
    expect(button(page, 'Ask the sender to resend 1 message').disabled).toBe(true)
    await type(field(page, 'Why (kept in the journal)'), 'the customer waits')
    await submit(page)
    await page.until(() => expect(page.text('[data-asked]')).toContain('will resend (202)'))
    expect(world.callback.asked).toEqual([world.callback.unconfirmed[0]?.message.id])
  })

  test('in production their number is typed', async () => {
    const page = await open(shop({ environment: 'production' }))
    await page.until(() => expect(page.all('[data-unconfirmed]')).toHaveLength(3))
    await page.press('x')
    await page.click(button(page, 'Ask the sender to resend 1 message…'))
    await page.until(() => page.find('[role=dialog]'))
    await type(field(page, 'Why (kept in the journal)'), 'the customer waits')
    expect(button(page, 'Ask the sender to resend 1 message').disabled).toBe(true)
    await type(field(page, 'Number of messages'), '1')
    expect(button(page, 'Ask the sender to resend 1 message').disabled).toBe(false)
  })
})

describe('the callback service', () => {
  test('that does not run is told with its command, and the list with its doubt', async () => {
    const world = shop()
    world.callback.callbacks = [service({ running: false, caughtUp: false })]
    world.callback.current = false
    const page = await open(world)
    await page.until(() =>
      expect(page.text('[data-service=ended]')).toContain('redrive callback --source shop'),
    )
    await page.until(() =>
      expect(page.text('[data-note=stale]')).toContain('confirmations may be waiting in the broker'),
    )
  })

  test('shows what is parked', async () => {
    const world = shop()
    world.callback.callbacks = [service({ counts: { confirmations: 0, parked: 1, waiting: 0, person: 0 } })]
    world.callback.parked = [
      {
        n: 1,
        kind: 'confirmations',
        place: 'shop.confirmations',
        at: now(),
        reason: 'not-json',
        headers: '{}',
        body: 'hello',
        bytes: 5,
      },
    ]
    const page = await open(world)
    await page.until(() => expect(page.text('[data-parked]')).toContain('not JSON'))
    expect(page.text('[data-parked]')).toContain('hello')
  })

  test('nobody waits for confirmations: the page says how to', async () => {
    const world = shop()
    world.callback.callbacks = []
    const page = await open(world)
    await page.until(() => expect(page.text('[data-note=first-use]')).toContain('callback'))
  })
})

test('reads in Chinese', async () => {
  const page = await open(shop(), 'zh-CN')
  await page.until(() => expect(page.text('[data-service]')).toContain('回调服务正在运行，进度已追上'))
  await page.until(() => expect(page.text('[data-unconfirmed]')).toContain('0 / 3'))
})
