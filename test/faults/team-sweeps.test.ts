import { expect, test } from 'vitest'
import { sweepFingerprint } from '../../src-main/domain/sweep.ts'
import type { SweepRun } from '../../src-main/domain/sweep.ts'
import { addPending, quickSweep } from '../support/sweep-samples.ts'
import { openTeamStage } from './team-stage.ts'
import type { TeamStage } from './team-stage.ts'

const EVERY_SEC = 5
const SOURCE = 'orders'
/** What is left to chance of an interval, and what a busy machine is late. */
const EARLY_MS = 500

async function switchedOn(policy: Partial<typeof quickSweep> = {}): Promise<TeamStage> {
  const sweep = { ...quickSweep, everySec: EVERY_SEC, enabled: true, ...policy }
  const team = await openTeamStage({ sweep })
  const config = team.workspace.sources[SOURCE]!
  await team.store.sweeps.approve(SOURCE, sweepFingerprint(config), 'tester', {
    action: 'sweep-switched',
    operator: 'tester',
    source: SOURCE,
    subject: null,
    detail: { on: true },
  })
  return team
}

/** The oldest first. */
async function runsOf({ store }: TeamStage): Promise<readonly SweepRun[]> {
  return (await store.sweeps.runs(SOURCE, 100)).toReversed()
}

test('two consoles on one store: each run of a sweep is begun by one of them, once an interval', async () => {
  const team = await switchedOn()
  const pids = (await Promise.all([team.console(), team.console()])).map(({ pid }) => pid)
  await addPending(team.stage.database, { queue: team.stage.queue, count: 40 })
  await expect.poll(async () => (await runsOf(team)).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(5)
  const runs = (await runsOf(team)).filter(({ state }) => state !== 'running')
  for (const [at, run] of runs.entries()) {
    expect(pids).toContain(run.by.pid)
    expect(run.state).toBe('done')
    const before = runs[at - 1]
    if (before === undefined) continue
    expect(Date.parse(run.startedAt)).toBeGreaterThanOrEqual(Date.parse(before.endedAt!))
    const gapMs = Date.parse(run.startedAt) - Date.parse(before.startedAt)
    expect(gapMs).toBeGreaterThan(EVERY_SEC * 1_000 - EARLY_MS)
  }
  expect(runs.reduce((sum, { outcome }) => sum + (outcome?.confirmed ?? 0), 0)).toBe(40)
  expect((await team.stage.take()).length).toBe(40)
}, 120_000)

test('a console that is killed in the middle of a sweep: the other one goes on with it, and nothing goes out twice', async () => {
  const count = 400
  const team = await switchedOn({ rate: 50, batch: 20 })
  await addPending(team.stage.database, { queue: team.stage.queue, count })
  const consoles = await Promise.all([team.console(), team.console()])
  const running = async (): Promise<SweepRun | undefined> =>
    (await runsOf(team)).find(({ state }) => state === 'running')
  await expect.poll(running, { timeout: 30_000 }).toBeDefined()
  await expect
    .poll(
      async () => (await team.store.jobReader.jobs({ before: null, limit: 1 }))[0]?.tally.confirmed ?? 0,
      {
        timeout: 30_000,
      },
    )
    .toBeGreaterThan(20)
  const cut = (await running())!
  const victim = consoles.find(({ pid }) => pid === cut.by.pid)!
  const survivor = consoles.find(({ pid }) => pid !== cut.by.pid)!
  victim.kill('SIGKILL')
  const ended = async (): Promise<number> => {
    // What the dead one had claimed and not sent is given back, and is due when nobody has touched it for a minute.
    await team.stage.database.sql(
      `update outbox_message set updated_at = updated_at - interval '1 hour' where status = 'pending'`,
    )
    const [row] = await team.stage.database.sql(
      `select count(*) as n from outbox_message where status = 'sent'`,
    )
    return Number(row?.['n']) + (await team.store.jobReader.unsettledCount(SOURCE))
  }
  await expect.poll(ended, { timeout: 120_000, interval: 500 }).toBe(count)
  expect(await team.store.sweeps.run(cut.run)).toMatchObject({
    state: 'failed',
    trouble: { code: 'process-ended' },
  })
  await expect.poll(running, { timeout: 30_000 }).toBeUndefined()
  const after = (await runsOf(team)).filter(({ startedAt }) => startedAt > cut.startedAt)
  expect(after.length).toBeGreaterThan(0)
  expect(after.every(({ by }) => by.pid === survivor.pid)).toBe(true)
  const delivered = await team.stage.take()
  expect(new Set(delivered).size).toBe(delivered.length)
  const unknown = await team.store.jobReader.unsettledCount(SOURCE)
  expect(delivered.length + unknown).toBeGreaterThanOrEqual(count)
}, 240_000)
