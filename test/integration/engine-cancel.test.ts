import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { inFront } from '../support/outbox-drivers.ts'
import { addRows, testDatabase } from '../support/postgres.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { openTestEngine } from '../support/test-engine.ts'

const never = new AbortController().signal
const BATCH = 5

/** The source as it is, until `fails`: then each named statement takes effect and its answer is lost. */
function losingAnswers(ports: EnginePorts, fails: (name: 'claim' | 'release') => boolean): EnginePorts {
  const lost = (): RedriveError => new RedriveError('connection-lost', 'unknown-effect', { reason: 'lost' })
  const wrap = (real: Outbox): Outbox => ({
    mapping: real.mapping,
    shape: real.shape,
    chains: real.chains,
    evidence: real.evidence,
    stored: real.stored,
    events: real.events,
    ids: real.ids,
    report: (signal) => real.report(signal),
    clock: (signal) => real.clock(signal),
    list: (query, signal) => real.list(query, signal),
    count: (filter, budgetMs, signal) => real.count(filter, budgetMs, signal),
    groups: (filter, by, budgetMs, signal) => real.groups(filter, by, budgetMs, signal),
    decide: (action, requests, signal) => real.decide(action, requests, signal),
    read: (ids, signal) => real.read(ids, signal),
    laterSent: (ids, signal) => real.laterSent(ids, signal),
    claim: async (requests, token, signal) => {
      const answer = await real.claim(requests, token, signal)
      if (fails('claim')) throw lost()
      return answer
    },
    mark: async (requests, token, signal) => {
      const answer = await real.mark(requests, token, signal)
      if (requests.some(({ as }) => as === 'release') && fails('release')) throw lost()
      return answer
    },
    resolve: (requests, signal) => real.resolve(requests, signal),
    undo: (requests, signal) => real.undo(requests, signal),
    claimDue: (request, token, signal) => real.claimDue(request, token, signal),
    exhausted: (rule, signal) => real.exhausted(rule, signal),
    expire: (requests, signal) => real.expire(requests, signal),
    retry: (requests, signal) => real.retry(requests, signal),
    preview: (action, requests, signal) => real.preview(action, requests, signal),
    explain: (signal) => real.explain(signal),
    close: () => real.close(),
  })
  return { ...ports, drivers: { ...ports.drivers, outbox: inFront(ports.drivers.outbox, wrap) } }
}

test.for(['claim', 'release'] as const)(
  'a job that is cancelled while the source loses every %s is not over until its rows are given back',
  async (statement, context) => {
    let away = false
    const database = await testDatabase()
    const rabbit = await openRabbitTest(context)
    const dataDir = await mkdtemp(join(tmpdir(), 'redrive-cancel-'))
    const engine = openTestEngine({
      dataDir,
      databaseUrl: database.url,
      batch: BATCH,
      wrap: (ports) => losingAnswers(ports, (name) => away && name === statement),
    })
    onTestFinished(async () => {
      await engine.close()
      await rm(dataDir, { recursive: true })
    })
    const queue = await rabbit.queue()
    const row = { exchange: '', routing_key: queue, status: 'failed', attempts: 3 } as const
    await addRows(
      database,
      Array.from({ length: 40 }, () => row),
    )
    const plan = await engine.plan({ trouble: 'failed' })
    await engine.unlock()
    const { jobs } = engine.engine
    const run = await jobs.run(
      {
        plan: plan.plan,
        digest: plan.digest,
        typedCount: null,
        options: { rate: 20, ramp: false, brake: null },
      },
      never,
    )
    await expect.poll(() => rabbit.count(queue)).toBeGreaterThan(2)
    away = true
    // Until a claim has been lost under way: the next batch is claimed when the one before is used up.
    if (statement === 'claim') await new Promise((later) => setTimeout(later, (BATCH * 1_000) / 20))
    if (statement === 'release') {
      await expect(jobs.cancel(run.job)).rejects.toMatchObject({ code: 'connection-lost' })
      expect(await jobs.get(run.job)).toMatchObject({
        state: 'interrupted',
        interruption: { code: 'connection-lost' },
      })
      away = false
    }
    // Lost claims are given back all the same: that statement is answered.
    expect((await jobs.cancel(run.job)).state).toBe('cancelled')
    const rows = await database.sql('select status, count(*) as n from outbox_message group by status')
    expect(rows.map((one) => one['status']).sort()).toEqual(['failed', 'sent'])
    const open = await engine.store.jobReader.items(run.job, {
      states: ['claiming', 'publishing', 'settling'],
      afterSeq: 0,
      limit: 100,
    })
    expect(open).toEqual([])
  },
)
