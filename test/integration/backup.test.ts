import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { standAfterRestore } from '../../src-main/app/restore/after-restore.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import { openCli } from '../support/cli.ts'
import type { Cli } from '../support/cli.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { testDatabase } from '../support/postgres.ts'
import { scratchFolder } from '../support/scratch.ts'
import { draft, moveItems, other, owner, planOf, runOptions, savePlan } from '../support/store-samples.ts'

const MESSAGES = 12
const RATE = '3'

async function scene(context: TestContext) {
  const fixture = await cliFixture(context)
  const { cli, database, queue } = fixture
  await addFailed(database, queue, MESSAGES)
  const plan = join(cli.folder, 'plan.ndjson')
  const planned = await cli.here('plan', 'resend', '--source', 'orders', '--trouble', 'failed', '--out', plan)
  const digest = String(planned.records.at(-1)?.['digest'])
  const workspace = await readFile(cli.workspaceFile, 'utf8')
  /** Puts the backup back, and into the workspace the passwords that are in no backup. */
  const restore = async (file: string) => {
    const result = await cli.here('restore', file, '--replace')
    const restored = await readFile(cli.workspaceFile, 'utf8')
    await writeFile(cli.workspaceFile, workspace)
    return { ...result, workspace: restored }
  }
  const run = (...more: string[]) => cli.start('run', plan, '--confirm', digest, '--json', ...more)
  return { ...fixture, plan, digest, restore, run, file: join(cli.folder, 'a.backup') }
}

test('a job that was running when the backup was made is not gone on with: no message goes out twice', async (context) => {
  const { cli, broker, queue, restore, run, file } = await scene(context)
  const running = run('--rate', RATE)
  await expect.poll(() => broker.count(queue)).toBeGreaterThan(1)
  // In the middle of the job, beside the process that carries it out.
  expect(await cli.here('backup', file)).toMatchObject({ code: 0, records: [{ type: 'backup' }] })
  expect(await broker.count(queue)).toBeLessThan(MESSAGES)
  // Nor can a store be taken from under a process.
  expect((await cli.here('restore', file, '--replace')).records).toMatchObject([{ code: 'store-in-use' }])
  expect((await running.result).code).toBe(0)
  expect(await broker.count(queue)).toBe(MESSAGES)

  const restored = await restore(file)
  expect(restored).toMatchObject({ code: 3, records: [{ type: 'restored', jobs: 1 }] })
  const unknown = Number(restored.records[0]?.['unknown'])
  expect(unknown).toBeGreaterThan(0)
  // Every way in which it might go on: a start, the plan again, continuing, an agent.
  expect((await cli.here('watch', '--once')).code).not.toBe(1)
  expect((await run().result).records.at(-1)).toMatchObject({ code: 'plan-invalid' })
  const [job] = (await cli.here('jobs', 'list')).records
  expect(job).toMatchObject({ state: 'done', tally: { unknown, unsettled: unknown, skipped: 0 } })
  expect((await cli.here('jobs', 'unknown')).records.length).toBeGreaterThan(0)
  // And by the row: what the queue holds was confirmed in the source too, so there is nothing to plan.
  const again = join(cli.folder, 'again.ndjson')
  await cli.here('plan', 'resend', '--source', 'orders', '--trouble', 'failed', '--out', again)
  expect(await broker.count(queue)).toBe(MESSAGES)
  // A person settles it, and the journal is whole.
  const settled = await cli.here(
    'jobs',
    'settle',
    String(job?.['job']),
    '--as',
    'sent',
    '--reason',
    'in the queue',
  )
  expect(settled.code).not.toBe(1)
  expect(await cli.here('journal', 'verify')).toMatchObject({ code: 0, records: [{ intact: true }] })
  const actions = (await cli.here('journal', 'list', '--limit', '200')).records.map(({ action }) => action)
  expect(actions).toContain('store-restored')
  expect(await broker.count(queue)).toBe(MESSAGES)
})

test('a plan that was carried out after the backup is not carried out again', async (context) => {
  const { cli, broker, queue, restore, run, file } = await scene(context)
  expect((await cli.here('backup', file)).code).toBe(0)
  expect((await run().result).code).toBe(0)
  expect(await broker.count(queue)).toBe(MESSAGES)
  expect(await restore(file)).toMatchObject({ code: 0, records: [{ type: 'restored', jobs: 0, unknown: 0 }] })
  const refused = await run().result
  expect(refused.records.at(-1)).toMatchObject({ code: 'plan-invalid' })
  expect(JSON.stringify(refused.records)).toContain('restored from a backup')
  expect(await broker.count(queue)).toBe(MESSAGES)
})

describe('a backup', () => {
  /** A workspace with a password in it, and a store with an entry. */
  async function small(): Promise<{ readonly cli: Cli; readonly file: string }> {
    const database = await testDatabase()
    const cli = await openCli({
      sources: {
        orders: {
          driver: 'postgres',
          url: database.url,
          password: { value: 'geheim-im-arbeitsbereich' },
          environment: 'development',
          outbox: { profile: 'auto', table: 'public.outbox_message' },
        },
      },
      brokers: {},
      alerts: { rules: { silent: { when: { measure: 'count', trouble: 'failed', above: 1 }, forSec: 0 } } },
    })
    await cli.here('journal', 'list')
    const store = openTestStore(cli)
    await store.journal.append(draft('note-added'))
    await store.close()
    const file = join(cli.folder, 'a.backup')
    return { cli, file }
  }

  function openTestStore(cli: Cli): Store {
    return openStore({ path: join(cli.folder, 'data', 'redrive.db'), clock: systemClock() })
  }

  /** Signed as a console writes it. */
  async function signed(): Promise<{ readonly cli: Cli; readonly file: string }> {
    const cli = await openCli({ sources: {}, brokers: {} })
    const file = join(cli.folder, 'a.backup')
    await cli.here('store', 'restored', '--reason', 'an entry')
    return { cli, file }
  }

  test('holds no secret, no private key, and is its owner’s alone', async () => {
    const { cli, file } = await small()
    const made = await cli.here('backup', file)
    expect(made.records).toMatchObject([{ type: 'backup', secretsRemoved: 1 }])
    const bytes = await readFile(file)
    expect(bytes.includes('geheim-im-arbeitsbereich')).toBe(false)
    const key = await readFile(join(cli.folder, 'data', 'journal.key'), 'utf8')
    expect(bytes.includes('PRIVATE KEY')).toBe(false)
    expect(bytes.includes(key.split('\n')[1] ?? '-')).toBe(false)
    expect(bytes.includes('BEGIN PUBLIC KEY')).toBe(true)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readdir(cli.folder)).filter((name) => name.startsWith('.backup'))).toEqual([])
    // Never written over.
    expect((await cli.here('backup', file)).code).toBe(2)
  })

  test('is put back on an empty machine by whoever has the public key, and by nobody else', async () => {
    const { cli, file } = await signed()
    expect((await cli.here('backup', file)).code).toBe(0)
    const key = join(cli.folder, 'journal.pub')
    await cli.here('journal', 'key', '--out', key)
    const empty = await openCli({ sources: {}, brokers: {} })
    const stranger = await empty.here('restore', file, '--replace')
    expect(stranger.records).toMatchObject([{ code: 'backup-damaged' }])
    expect(JSON.stringify(stranger.records)).toContain('--key')
    expect(await readdir(join(empty.folder, 'data'))).toEqual(['journal.key'])
    expect(await empty.here('restore', file, '--replace', '--key', key)).toMatchObject({ code: 0 })
    const actions = (await empty.here('journal', 'list')).records.map(({ action }) => action)
    expect(actions.filter((action) => action === 'store-restored')).toHaveLength(2)
    expect(await empty.here('journal', 'verify', '--key', key)).toMatchObject({
      code: 0,
      records: [{ intact: true }],
    })
  })

  test('never replaces a store or a workspace unasked, and puts aside what it replaces', async () => {
    const { cli, file } = await signed()
    expect((await cli.here('backup', file)).code).toBe(0)
    await cli.here('store', 'restored', '--reason', 'after the backup')
    const before = await readFile(join(cli.folder, 'data', 'redrive.db'))
    const unasked = await cli.here('restore', file)
    expect(unasked).toMatchObject({ code: 2, records: [{ code: 'usage' }] })
    expect(await readFile(join(cli.folder, 'data', 'redrive.db'))).toEqual(before)
    expect((await cli.here('restore', file, '--replace')).code).toBe(0)
    const aside =
      (await readdir(join(cli.folder, 'data'))).find((name) => /\.replaced-[\dTZ-]+$/.test(name)) ?? ''
    const kept = new Database(join(cli.folder, 'data', aside), { readonly: true })
    onTestFinished(() => void kept.close())
    expect(kept.prepare("SELECT count(*) AS n FROM journal WHERE action = 'store-restored'").get()).toEqual({
      n: 2,
    })
    // What was lost stands in the journal by its number and hash.
    const [entry] = (await cli.here('journal', 'list')).records
    expect(JSON.stringify(entry)).toContain('"replaced":{"hash":')
    expect(await cli.here('journal', 'verify')).toMatchObject({ code: 0 })
    expect((await readdir(cli.folder)).some((name) => name.startsWith('redrive.json.replaced-'))).toBe(true)
  })

  test('takes the place of a store that is damaged, which is put aside as it is', async () => {
    const { cli, file } = await signed()
    expect((await cli.here('backup', file)).code).toBe(0)
    const store = join(cli.folder, 'data', 'redrive.db')
    const garbage = Buffer.alloc(100_000, 'x')
    await writeFile(store, garbage)
    expect((await cli.here('restore', file, '--replace')).code).toBe(0)
    expect(await cli.here('journal', 'verify')).toMatchObject({ code: 0, records: [{ intact: true }] })
    const aside =
      (await readdir(join(cli.folder, 'data'))).find((name) => /\.replaced-[\dTZ-]+$/.test(name)) ?? ''
    expect(await readFile(join(cli.folder, 'data', aside))).toEqual(garbage)
  })

  test('that was changed anywhere is refused, and nothing is replaced', async () => {
    const { cli, file } = await signed()
    expect((await cli.here('backup', file)).code).toBe(0)
    const whole = await readFile(file)
    const store = join(cli.folder, 'data', 'redrive.db')
    const before = await readFile(store)
    const first = whole.indexOf(0x0a)
    const flipped = (at: number): Buffer => {
      const copy = Buffer.from(whole)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    const renamed = Buffer.from(whole.toString('latin1').replace(/"madeBy":"/, '"madeBy":"x'), 'latin1')
    const damages = {
      'a byte of the store': flipped(first + 5_000),
      'the last byte': flipped(whole.length - 1),
      'the manifest': flipped(20),
      'who made it': renamed,
      'cut off': whole.subarray(0, whole.length - 10),
      'something behind it': Buffer.concat([whole, Buffer.from('x')]),
      'nothing in it': Buffer.alloc(0),
      'something else': Buffer.from('{"format":"other"}\n'),
    }
    for (const [what, bytes] of Object.entries(damages)) {
      await writeFile(file, bytes)
      const refused = await cli.here('restore', file, '--replace')
      expect(refused.records, what).toMatchObject([{ code: 'backup-damaged' }])
      expect(await readFile(store), what).toEqual(before)
    }
    expect((await readdir(join(cli.folder, 'data'))).filter((name) => name.startsWith('.restore'))).toEqual(
      [],
    )
  })

  test('of a journal that was changed says so, and is refused', async () => {
    const { cli, file } = await signed()
    const db = new Database(join(cli.folder, 'data', 'redrive.db'))
    db.exec('DROP TRIGGER journal_keeps_rows')
    db.exec(`UPDATE journal SET operator = 'somebody else'`)
    db.close()
    const made = await cli.plainHere('backup', file)
    expect(made.code).toBe(3)
    expect(made.stderr).toContain('not as Redrive wrote it')
    const refused = await cli.here('restore', file, '--replace')
    expect(refused.records).toMatchObject([{ code: 'backup-damaged' }])
  })
})

describe.each(['the local file', 'a shared PostgreSQL'] as const)('a store that was set back, %s', (kind) => {
  async function open(): Promise<Store> {
    const dataDir = await scratchFolder()
    const clock = systemClock()
    const store =
      kind === 'the local file'
        ? openStore({ path: join(dataDir, 'redrive.db'), clock })
        : await openSharedStore({
            url: (await testDatabase({ empty: true })).url,
            password: async () => serverAddress().password,
            dataDir,
            clock,
          })
    onTestFinished(() => store.close())
    return store
  }

  async function begin(store: Store, name: string, source = 'orders'): Promise<string> {
    const job = `job-${name}`
    await savePlan(
      store.jobs,
      planOf(`plan-${name}`, 6, source),
      draft('plan-created', { subject: `plan-${name}` }),
    )
    const fresh = {
      job,
      kind: 'resend',
      plan: `plan-${name}`,
      options: runOptions,
      operator: 'ann',
      owner,
    } as const
    await store.jobs.startJob(fresh, draft('job-started', { subject: job }))
    const step = (
      from: 'planned' | 'claiming' | 'publishing',
      to: 'claiming' | 'publishing' | 'settling',
      seqs: number[],
    ) =>
      moveItems(
        store.jobs,
        job,
        owner,
        seqs.map((seq) => ({
          seq,
          from,
          to,
          ...(to === 'settling' ? { result: 'confirmed' as const } : {}),
        })),
      )
    await step('planned', 'claiming', [1, 2, 3, 4])
    await step('claiming', 'publishing', [1, 2, 3])
    await step('publishing', 'settling', [1, 2])
    await moveItems(store.jobs, job, owner, [{ seq: 1, from: 'settling', to: 'done', marked: true }])
    return job
  }

  test('goes on with nothing: whatever had not ended is unknown, and what ran by itself is off', async () => {
    const store = await open()
    const running = await begin(store, 'running')
    const paused = await begin(store, 'paused', 'billing')
    const move = { from: 'running', to: 'paused', owner: null, by: owner } as const
    await store.jobs.moveJob(paused, move, draft('job-ended', { subject: paused }))
    await store.sweeps.approve(
      'orders',
      'fingerprint',
      'ann',
      draft('sweep-switched', { detail: { on: true } }),
    )
    const run = { run: 'run-1', source: 'orders', trigger: 'schedule', operator: 'ann', owner } as const
    await store.sweeps.begin(run, [])

    const it = { store, self: other, operator: 'bob', detail: {} }
    expect(await standAfterRestore(it)).toEqual({ jobs: 2, unknown: 8, switchedOff: 1, tokens: 0 })
    for (const job of [running, paused]) {
      expect(await store.jobReader.job(job)).toMatchObject({
        state: 'done',
        ended: 6,
        tally: { confirmed: 2, unknown: 4, unsettled: 4, unmarked: 1 },
      })
      const items = await store.jobReader.items(job, { afterSeq: 0, limit: 10 })
      const unknown = Array(4).fill('unknown')
      expect(items.map(({ result }) => result)).toEqual(['confirmed', 'confirmed', ...unknown])
    }
    // They hold their messages: no plan takes them.
    expect([...(await store.jobReader.held('orders', ['1', '3', '6'])).keys()].toSorted()).toEqual(['3', '6'])
    expect(await store.sweeps.approved()).toEqual([])
    expect(await store.sweeps.running()).toEqual([])
    expect(await store.jobs.runningJobs()).toEqual([])
    const actions = ['store-restored'] as const
    const [first] = await store.journal.list({ order: 'newest', cursor: null, limit: 1, actions })
    expect(first).toMatchObject({ operator: 'bob' })
    // Once more, after it was interrupted: nothing is left to do.
    expect(await standAfterRestore(it)).toEqual({ jobs: 0, unknown: 0, switchedOff: 0, tokens: 0 })
  })
})
