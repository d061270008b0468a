import { expect, test } from 'vitest'
import { SWEEP_RUNS_KEPT } from '../../src-main/domain/sweep.ts'
import type { SweepOutcome } from '../../src-main/domain/sweep.ts'
import type { SweepEnd, SweepStore } from '../../src-main/ports/sweep-store.ts'
import { draft, other, owner, wholeJournal } from '../support/store-samples.ts'
import type { WithStore } from '../support/store-samples.ts'

const outcome: SweepOutcome = {
  job: 'job-1',
  claimed: 9,
  confirmed: 5,
  retried: 2,
  failed: 1,
  unknown: 1,
  returned: 2,
  refused: 1,
  expired: 3,
  interruption: null,
}
const done: SweepEnd = { state: 'done', outcome, trouble: null, stops: null }
const trouble = { code: 'connection-lost', reason: 'gone' } as const
const failed: SweepEnd = { state: 'failed', outcome: null, trouble, stops: null }

function begin(sweeps: SweepStore, run: string, source = 'orders', by = owner) {
  return sweeps.begin({ run, source, trigger: 'schedule', operator: 'ann', owner: by }, [])
}

export function storeConformanceOfSweeps(withStore: WithStore): void {
  test('a run is begun, ends once, and is told with what it did', () =>
    withStore(async ({ sweeps, journal }) => {
      const entry = draft('sweep-begun', { subject: 'sweep-1' })
      const run = { run: 'sweep-1', source: 'orders', trigger: 'operator', operator: 'ann', owner } as const
      const begun = await sweeps.begin(run, [entry])
      expect(begun).toMatchObject({ state: 'running', endedAt: null, outcome: null, trouble: null })
      expect(await sweeps.running()).toEqual([{ run: begun, owner }])
      const ended = await sweeps.end('sweep-1', done, [draft('sweep-ended', { subject: 'sweep-1' })])
      expect(ended).toEqual({ ...begun, state: 'done', outcome, endedAt: expect.any(String) })
      expect(await sweeps.run('sweep-1')).toEqual(ended)
      expect(await sweeps.running()).toEqual([])
      expect(await sweeps.run('sweep-9')).toBeNull()
      await expect(sweeps.end('sweep-1', failed, [draft('sweep-ended')])).rejects.toMatchObject({
        code: 'job-state-forbids',
      })
      await expect(sweeps.end('sweep-9', done, [])).rejects.toMatchObject({ code: 'sweep-not-found' })
      expect(await sweeps.run('sweep-1')).toEqual(ended)
      // What was refused is not in the journal either.
      expect((await journal.list(wholeJournal)).map(({ action }) => action)).toEqual([
        'sweep-begun',
        'sweep-ended',
      ])
    }))

  test('failures are counted in a row, for each source by itself', () =>
    withStore(async ({ sweeps }) => {
      const fails = async (run: string, source: string, end: SweepEnd): Promise<number> => {
        await begin(sweeps, run, source)
        await sweeps.end(run, end, [])
        return (await sweeps.standing(source)).failures
      }
      expect(await sweeps.standing('orders')).toEqual({ approved: null, failures: 0, stopped: null })
      expect(await fails('s-1', 'orders', failed)).toBe(1)
      expect(await fails('s-2', 'payments', failed)).toBe(1)
      // A run that was stopped says nothing about the source.
      expect(await fails('s-3', 'orders', { ...done, state: 'stopped' })).toBe(1)
      expect(await fails('s-4', 'orders', failed)).toBe(2)
      expect(await fails('s-5', 'orders', done)).toBe(0)
      expect(await fails('s-6', 'orders', { ...failed, stops: trouble })).toBe(1)
      expect((await sweeps.standing('orders')).stopped).toEqual(trouble)
      // A run by hand that succeeds does not switch it on again.
      expect(await fails('s-7', 'orders', done)).toBe(0)
      expect((await sweeps.standing('orders')).stopped).toEqual(trouble)
      expect((await sweeps.standing('payments')).stopped).toBeNull()
    }))

  test('switching on and off forgets failures and is in the journal', () =>
    withStore(async ({ sweeps, journal }) => {
      await begin(sweeps, 's-1')
      await sweeps.end('s-1', { ...failed, stops: trouble }, [])
      await sweeps.approve('orders', 'fingerprint', 'ann', draft('sweep-switched', { detail: { on: true } }))
      expect(await sweeps.standing('orders')).toEqual({ approved: 'fingerprint', failures: 0, stopped: null })
      await sweeps.approve('orders', null, 'ann', draft('sweep-switched', { detail: { on: false } }))
      expect(await sweeps.standing('orders')).toEqual({ approved: null, failures: 0, stopped: null })
      expect((await journal.list(wholeJournal)).map(({ detail }) => detail)).toEqual([
        { on: true },
        { on: false },
      ])
    }))

  test('the newest runs are kept, and one that is running always', () =>
    withStore(async ({ sweeps }) => {
      await begin(sweeps, 's-running', 'orders', other)
      await begin(sweeps, 's-other', 'payments')
      for (let number = 1; number <= SWEEP_RUNS_KEPT + 5; number += 1) {
        await begin(sweeps, `s-${number}`)
        await sweeps.end(`s-${number}`, done, [])
      }
      const runs = await sweeps.runs('orders', 10_000)
      expect(runs[0]?.run).toBe(`s-${SWEEP_RUNS_KEPT + 5}`)
      expect(runs.at(-1)?.run).toBe('s-running')
      expect(runs).toHaveLength(SWEEP_RUNS_KEPT + 1)
      expect(await sweeps.runs('orders', 2)).toHaveLength(2)
      expect((await sweeps.running()).map(({ run, owner: by }) => [run.run, by.instance])).toEqual([
        ['s-running', 'two'],
        ['s-other', 'one'],
      ])
    }))

  test('of several processes that are about to begin a run, one does; and none while one is running', () =>
    withStore(async ({ sweeps }) => {
      const from = (run: string, after: string | null, by = owner) =>
        sweeps.begin({ run, source: 'orders', trigger: 'schedule', operator: 'ann', owner: by, after }, [])
      const busy = { code: 'sweep-busy', retry: 'later' }
      const both = await Promise.allSettled([from('s-1', null), from('s-2', null, other)])
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: busy })
      const [{ run } = { run: '' }] = await sweeps.runs('orders', 1)
      await expect(from('s-3', run, other)).rejects.toMatchObject(busy)
      await begin(sweeps, 'elsewhere', 'payments')
      await sweeps.end(run, done, [])
      // Somebody who has not seen it yet comes too late for it.
      await expect(from('s-3', null, other)).rejects.toMatchObject(busy)
      const next = await from('s-3', run, other)
      expect(next.by).toEqual({ host: other.host, pid: other.pid })
    }))
}
