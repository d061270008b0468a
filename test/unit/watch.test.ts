import { describe, expect, test } from 'vitest'
import type { AlertRule } from '../../src-main/domain/alert/rule.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import type { AlertNews } from '../../src-main/app/watch/watch.ts'
import type { ServiceReply, ServiceRequest } from '../../src-main/ports/service-calls.ts'
import { scratchFolder } from '../support/scratch.ts'
import { openSweepEngine } from '../support/sweep-engine.ts'

const ROUND_MS = 32_000
const URL = 'http://hooks.invalid/redrive'
const many: AlertRule = {
  when: { measure: 'count', trouble: 'failed', above: 5 },
  forSec: 60,
  repeatSec: 300,
}

function workspace(rules: Readonly<Record<string, AlertRule>>, webhook = false): Workspace {
  return {
    sources: {
      orders: {
        driver: 'postgres',
        url: 'postgres://me@127.0.0.1:1/shop',
        environment: 'production',
        outbox: { profile: 'auto', table: 'public.outbox_message' },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: {},
    alerts: { rules, ...(webhook ? { webhook: { url: URL, timeoutMs: 1_000 } } : {}) },
  }
}

const ok: ServiceReply = { ok: true, answer: { status: 200, body: '' } }
const down: ServiceReply = { ok: true, answer: { status: 503, body: 'nothing of this is kept' } }

describe('watching', () => {
  test('a rule that holds for its time fires once, is told again until somebody acknowledges it, and resolves once', async () => {
    let failed = 9
    const it = await openSweepEngine({ workspace: workspace({ many }), count: () => failed })
    const news: AlertNews[] = []
    it.engine.watch.subscribe((heard) => news.push(heard))
    it.engine.watch.start()
    await it.clock.advance(40_000)
    expect(await it.journal()).toEqual([])
    await it.clock.advance(2 * ROUND_MS)
    expect(await it.journal()).toEqual(['alert-fired'])
    expect(news.at(-1)).toMatchObject({ open: [{ rule: 'many', value: 9 }], fresh: [{ rule: 'many' }] })
    await it.clock.advance(300_000 + ROUND_MS)
    expect(await it.journal()).toEqual(['alert-fired', 'alert-repeated'])
    expect(news.at(-1)?.fresh).toHaveLength(1)

    const { alert } = news.at(-1)?.open[0] ?? expect.fail('nothing fires')
    await it.engine.watch.acknowledge(alert)
    await it.engine.watch.acknowledge(alert)
    await it.clock.advance(700_000)
    failed = 0
    await it.clock.advance(4 * ROUND_MS)
    expect(await it.journal()).toEqual([
      'alert-fired',
      'alert-repeated',
      'alert-acknowledged',
      'alert-resolved',
    ])
    expect(news.at(-1)).toMatchObject({ open: [], fresh: [] })
    await expect(it.engine.watch.acknowledge('alert-nobody')).rejects.toMatchObject({
      code: 'alert-not-found',
    })
  })

  test('it survives a restart: what fired is open and no news, what was leaning begins anew after the hole', async () => {
    const folder = await scratchFolder()
    const shared = { folder, workspace: workspace({ many }), count: () => 9 }
    const first = await openSweepEngine(shared)
    first.engine.watch.start()
    await first.clock.advance(40_000)
    await first.engine.watch.close()
    // Four hours later.
    const second = await openSweepEngine(shared)
    await second.clock.advance(4 * 3_600_000)
    const news: AlertNews[] = []
    second.engine.watch.subscribe((heard) => news.push(heard))
    second.engine.watch.start()
    await second.clock.advance(10_000)
    expect(await second.journal()).toEqual([])
    await second.clock.advance(3 * ROUND_MS)
    expect(await second.journal()).toEqual(['alert-fired'])
    await second.engine.watch.close()

    const third = await openSweepEngine(shared)
    await third.clock.advance(4 * 3_600_000 + 5 * ROUND_MS)
    third.engine.watch.subscribe((heard) => news.push(heard))
    third.engine.watch.start()
    await third.clock.advance(10 * ROUND_MS)
    expect((await third.journal()).filter((action) => action === 'alert-fired')).toHaveLength(1)
    expect(news.at(-1)?.open).toHaveLength(1)
    expect(news.filter(({ fresh }) => fresh.length > 0).length).toBeLessThanOrEqual(2)
  })

  test('a source that stops answering neither resolves nor fires; a rule that is removed withdraws its alert', async () => {
    let failed: number | null = 9
    const count = (): number => failed ?? expect.fail('away')
    const it = await openSweepEngine({ workspace: workspace({ many }), count })
    it.engine.watch.start()
    await it.clock.advance(4 * ROUND_MS)
    expect(await it.journal()).toEqual(['alert-fired'])
    failed = null
    await it.clock.advance(20 * ROUND_MS)
    expect((await it.journal()).filter((action) => action !== 'alert-repeated')).toEqual(['alert-fired'])
    expect(await it.store.alerts.open()).toHaveLength(1)
    const [sample] = await it.store.samples.latest()
    expect(sample).toMatchObject({ levels: null })

    await it.engine.watch.removeRule('many')
    await it.clock.advance(2 * ROUND_MS)
    expect(await it.store.alerts.open()).toEqual([])
    expect(await it.store.alerts.resolved(5)).toMatchObject([{ resolved: { withdrawn: true } }])
    expect((await it.journal()).slice(-2)).toEqual(['workspace-changed', 'alert-resolved'])
  })

  test('two on one store take turns: the source is counted once a round, and one of them fires', async () => {
    const folder = await scratchFolder()
    let asked = 0
    const count = (): number => {
      asked += 1
      return 9
    }
    const shared = { folder, workspace: workspace({ many }), count }
    const both = [await openSweepEngine(shared), await openSweepEngine(shared)]
    for (const { engine } of both) engine.watch.start()
    // Side by side: there is one clock on a machine.
    for (let second = 0; second < (6 * ROUND_MS) / 1_000; second += 2)
      for (const { clock } of both) await clock.advance(2_000)
    // Three troubles each time.
    expect(asked).toBeLessThanOrEqual(3 * 7)
    expect(asked).toBeGreaterThanOrEqual(3 * 5)
    expect((await both[0]?.journal())?.filter((action) => action === 'alert-fired')).toEqual(['alert-fired'])
  })

  test('the webhook is tried again after 5, 20 and 80 seconds, with the same delivery, and the alerts say how it went', async () => {
    const replies: ServiceReply[] = [down, down, down]
    const calls: { readonly atMs: number; readonly request: ServiceRequest }[] = []
    const it = await openSweepEngine({
      workspace: workspace({ now: { ...many, forSec: 0, repeatSec: null } }, true),
      count: () => 9,
      serviceCalls: {
        call: (request) => {
          calls.push({ atMs: it.clock.now().getTime(), request })
          return Promise.resolve(replies.shift() ?? ok)
        },
      },
    })
    it.engine.watch.start()
    await it.clock.advance(4_000)
    const [alert] = await it.store.alerts.open()
    const id = alert?.alert ?? expect.fail('nothing fires')
    expect((await it.store.alerts.deliveries([id])).get(id)).toMatchObject({
      state: 'due',
      attempts: 1,
      reason: 'it answered 503',
    })
    await it.clock.advance(180_000)
    const waits = calls.slice(1).map(({ atMs }, index) => atMs - (calls[index]?.atMs ?? 0))
    expect(waits.slice(0, 2)).toEqual([5_000, 20_000])
    expect(waits[2]).toBeGreaterThanOrEqual(80_000)
    expect(waits[2]).toBeLessThan(80_000 + ROUND_MS)
    expect(calls).toHaveLength(4)
    expect(new Set(calls.map(({ request }) => request.body)).size).toBe(1)
    expect(calls[0]?.request).toMatchObject({ method: 'POST', url: URL, timeoutMs: 1_000 })
    expect(JSON.parse(calls[0]?.request.body ?? '')).toMatchObject({
      event: 'fired',
      subject: { name: 'orders', environment: 'production' },
    })
    expect((await it.store.alerts.deliveries([id])).get(id)).toMatchObject({
      state: 'delivered',
      attempts: 4,
    })
    expect(await it.journal()).toEqual(['alert-fired', ...Array.from({ length: 4 }, () => 'alert-told')])
  })
})
