import { describe, expect, test } from 'vitest'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { defaultSweepPolicy, sweepSettingsOf } from '../../src-main/domain/sweep-policy.ts'
import { other } from '../support/store-samples.ts'
import { idle, openSweepEngine } from '../support/sweep-engine.ts'
import type { SweepEngine } from '../support/sweep-engine.ts'

const settings = sweepSettingsOf(defaultSweepPolicy({ stuckAfterSec: 60, maxAttempts: 3 }))
const MINUTE_MS = 60_000
const lost = { code: 'connection-lost', reason: 'gone' } as const

async function switchedOn(options: Parameters<typeof openSweepEngine>[0] = {}): Promise<SweepEngine> {
  const it = await openSweepEngine(options)
  await it.unlock()
  await it.engine.switching.configure('orders', { ...settings, everySec: 60 }, null)
  await it.engine.switching.switchOn('orders', 'orders')
  await it.engine.locks.lock('orders')
  await it.engine.sweeps.start()
  return it
}

const view = async (it: SweepEngine) => it.engine.sweeps.view('orders', 50)

describe('switching on', () => {
  test('needs the unlock, and in production the name', async () => {
    const it = await openSweepEngine({ environment: 'production' })
    const { switching } = it.engine
    await expect(switching.switchOn('orders', 'orders')).rejects.toMatchObject({ code: 'source-locked' })
    await it.unlock()
    for (const typed of [null, 'order', 'ORDERS']) {
      await expect(switching.switchOn('orders', typed)).rejects.toMatchObject({ code: 'name-not-typed' })
    }
    expect((await view(it)).state).toBe('off')
    await switching.switchOn('orders', 'orders')
    expect((await view(it)).state).toBe('on')
    await it.engine.locks.lock('orders')
    // A change of what is on is as much as switching it on; a change of what is off is none.
    const change = switching.configure('orders', { ...settings, batch: 7 }, 'orders')
    await expect(change).rejects.toMatchObject({ code: 'source-locked' })
    await switching.switchOff('orders')
    await switching.configure('orders', { ...settings, batch: 7 }, null)
    expect(await view(it)).toMatchObject({ state: 'off', policy: { batch: 7, enabled: false } })
    expect(await it.journal()).toEqual([
      'source-unlocked',
      'workspace-changed',
      'sweep-switched',
      'source-locked',
      'sweep-switched',
      'workspace-changed',
      'workspace-changed',
    ])
  })

  test('a source that delivers nowhere has no sweep', async () => {
    const it = await openSweepEngine()
    const { deliver, ...source } = it.workspace.current.sources['orders']!
    expect(deliver).toBeDefined()
    it.workspace.current = { ...it.workspace.current, sources: { orders: source } }
    await it.unlock()
    const refused = { code: 'broker-unknown' }
    await expect(it.engine.switching.switchOn('orders', null)).rejects.toMatchObject(refused)
    await expect(it.engine.sweeps.runNow('orders')).rejects.toMatchObject(refused)
    expect((await view(it)).state).toBe('off')
  })

  test('a file that says on does not run what nobody here agreed to', async () => {
    const it = await switchedOn()
    const source = it.workspace.current.sources['orders']!
    const url = 'postgres://me@production/shop'
    it.workspace.current = { ...it.workspace.current, sources: { orders: { ...source, url } } }
    await it.clock.advance(10 * MINUTE_MS)
    expect((await view(it)).state).toBe('unapproved')
    expect(it.runner.requests).toEqual([])
  })

  test('saving the connection keeps the policy', async () => {
    const it = await switchedOn()
    const { sweep, ...config } = it.workspace.current.sources['orders']!
    await it.engine.configure.saveSource({ name: 'orders', isNew: false, config, password: { kind: 'none' } })
    expect(it.workspace.current.sources['orders']?.sweep).toEqual(sweep)
    expect((await view(it)).state).toBe('on')
  })
})

describe('the schedule', () => {
  test('runs at its interval, one run at a time, and stays out of the journal while nothing is due', async () => {
    const it = await switchedOn()
    const before = await it.journal()
    await it.clock.advance(1_000)
    expect(it.runner.requests).toHaveLength(1)
    expect((await view(it)).nextRunAt).toBe('2026-01-01T00:01:01.000Z')
    await it.clock.advance(10 * MINUTE_MS)
    expect(it.runner.requests).toHaveLength(11)
    expect(it.runner.runningMax).toBe(1)
    expect(it.runner.requests[0]).toMatchObject({ source: 'orders', policy: { everySec: 60, enabled: true } })
    const { runs } = await view(it)
    expect(new Set(runs.map(({ state, trigger }) => `${state} ${trigger}`))).toEqual(
      new Set(['done schedule']),
    )
    expect(await it.journal()).toEqual(before)
  })

  test('what a run did is in the journal', async () => {
    const it = await switchedOn()
    it.runner.answer = () => ({ ...idle, job: 'job-1', claimed: 3, confirmed: 2, retried: 1, returned: 1 })
    await it.clock.advance(1_000)
    const entries = await it.store.journal.list({ order: 'newest', cursor: null, limit: 1 })
    const { runs } = await view(it)
    expect(entries).toMatchObject([
      {
        action: 'sweep-ended',
        source: 'orders',
        subject: runs[0]?.run,
        detail: { state: 'done', job: 'job-1', claimed: 3, confirmed: 2, retried: 1 },
      },
    ])
  })

  test('a long run holds the next one up', async () => {
    const it = await switchedOn()
    const gate = Promise.withResolvers<void>()
    it.runner.answer = () => gate.promise.then(() => idle)
    await it.clock.advance(10 * MINUTE_MS)
    expect(it.runner.requests).toHaveLength(1)
    await expect(it.engine.sweeps.runNow('orders')).rejects.toMatchObject({ code: 'sweep-busy' })
    gate.resolve()
    await it.clock.advance(2_000)
    expect(it.runner.requests).toHaveLength(2)
    expect(it.runner.runningMax).toBe(1)
  })

  test('three failures in a row stop it with the reason; switching on again goes on', async () => {
    const it = await switchedOn()
    const answers = [lost, lost, null, lost, lost, lost]
    it.runner.answer = () => ({ ...idle, interruption: answers.shift() ?? null })
    await it.clock.advance(60 * MINUTE_MS)
    expect(it.runner.requests).toHaveLength(6)
    expect(await view(it)).toMatchObject({ state: 'stopped', stopped: lost, failures: 3, nextRunAt: null })
    const [entry] = await it.store.journal.list({ order: 'newest', cursor: null, limit: 1 })
    expect(entry).toMatchObject({
      action: 'sweep-ended',
      detail: { ...lost, sweepStopped: true, failures: 3 },
    })
    await it.unlock()
    await it.engine.switching.switchOn('orders', 'orders')
    expect(await view(it)).toMatchObject({ state: 'on', stopped: null, failures: 0 })
    await it.clock.advance(2 * MINUTE_MS)
    expect(it.runner.requests.length).toBeGreaterThan(6)
  })

  test('a runner that throws is a failed run, not the end of the schedule', async () => {
    const it = await switchedOn()
    const errors = [new RedriveError('connection-lost', 'later', { reason: 'gone' }), new Error('broken')]
    it.runner.answer = () => {
      const error = errors.shift()
      if (error) throw error
      return idle
    }
    await it.clock.advance(3 * MINUTE_MS)
    const { runs } = await view(it)
    expect(
      runs
        .map(({ state, trouble }) => [state, trouble?.code ?? null])
        .reverse()
        .slice(0, 3),
    ).toEqual([
      ['failed', 'connection-lost'],
      ['failed', 'internal'],
      ['done', null],
    ])
  })

  test('off ends it at once, and the run that is under way', async () => {
    const it = await switchedOn()
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let stopped = false
    const { runner } = it
    runner.run = async (_, stop) => {
      begun.resolve()
      stop.addEventListener('abort', () => {
        stopped = true
        gate.resolve()
      })
      await gate.promise
      return { ...idle, job: 'job-1', claimed: 2, confirmed: 2 }
    }
    await it.clock.advance(1_000)
    await begun.promise
    await it.engine.switching.switchOff('orders')
    expect(stopped).toBe(true)
    const { state, runs, nextRunAt } = await view(it)
    expect([state, nextRunAt]).toEqual(['off', null])
    expect(runs[0]).toMatchObject({ state: 'stopped', outcome: { confirmed: 2 } })
    await it.clock.advance(10 * MINUTE_MS)
    expect((await view(it)).runs).toHaveLength(1)
    expect(it.clock.waiting()).toBe(0)
  })

  test('a command’s engine keeps no schedule', async () => {
    const it = await openSweepEngine()
    await it.unlock()
    await it.engine.switching.switchOn('orders', null)
    await it.clock.advance(10 * MINUTE_MS)
    expect(it.runner.requests).toEqual([])
  })
})

describe('a run by hand', () => {
  test('needs the unlock, where the sweep is not on', async () => {
    const it = await openSweepEngine()
    await expect(it.engine.sweeps.runNow('orders')).rejects.toMatchObject({ code: 'source-locked' })
    await it.unlock()
    const both = await Promise.allSettled([
      it.engine.sweeps.runNow('orders'),
      it.engine.sweeps.runNow('orders'),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await it.clock.advance(0)
    expect(it.runner.requests).toHaveLength(1)
    expect(await view(it)).toMatchObject({ state: 'off', runs: [{ trigger: 'operator', state: 'done' }] })
    expect((await it.journal()).slice(-2)).toEqual(['sweep-begun', 'sweep-ended'])
  })

  test('works without the unlock where the sweep is on', async () => {
    const it = await switchedOn()
    const run = await it.engine.sweeps.runNow('orders')
    await it.clock.advance(0)
    expect(await it.engine.sweeps.run(run.run)).toMatchObject({ state: 'done', trigger: 'operator' })
    await expect(it.engine.sweeps.run('sweep-9')).rejects.toMatchObject({ code: 'sweep-not-found' })
  })

  test('makes rows failed whose attempts are used up, journalled first', async () => {
    const it = await openSweepEngine()
    it.exhausted.push(
      { id: '7', version: '1', messageId: 'm-7', attempts: 3, state: 'in-flight' },
      { id: '8', version: '1', messageId: 'm-8', attempts: 3, state: 'retrying' },
    )
    await it.unlock()
    it.runner.answer = () => ({ ...idle, interruption: lost })
    await it.engine.sweeps.runNow('orders')
    await it.clock.advance(0)
    const { runs } = await view(it)
    expect(runs[0]).toMatchObject({ state: 'failed', trouble: lost, outcome: { expired: 2, claimed: 0 } })
    const entries = await it.store.journal.list({ order: 'newest', cursor: null, limit: 2 })
    expect(entries).toMatchObject([
      { action: 'sweep-ended', detail: { expired: 2, state: 'failed' } },
      { action: 'sweep-expiring', detail: { ids: ['7', '8'] } },
    ])
  })
})

test('a run of a process that died is ended at the next start', async () => {
  const it = await openSweepEngine()
  const owner = { ...other, host: it.engine.ports.processes.self.host, pid: process.pid }
  const run = { run: 'sweep-1', source: 'orders', trigger: 'schedule', operator: 'ann', owner } as const
  await it.store.sweeps.begin(run, [])
  await it.engine.sweeps.recover()
  expect(await it.engine.sweeps.run('sweep-1')).toMatchObject({
    state: 'failed',
    outcome: null,
    trouble: { code: 'process-ended' },
  })
})
