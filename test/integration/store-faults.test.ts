import Database from 'better-sqlite3'
import { closeSync, copyFileSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { keyFile } from '../../src-main/adapters/signing-ed25519/key-file.ts'
import { openSigner } from '../../src-main/adapters/signing-ed25519/signer.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { RunOptions } from '../../src-main/domain/job.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import { runCli } from '../../src-main/hosts/cli/run-cli.ts'
import type { Clock } from '../../src-main/ports/surroundings.ts'
import { openCli } from '../support/cli.ts'
import { manualClock } from '../support/manual-clock.ts'
import { newSigner } from '../support/planted-tampering.ts'
import { addFailed, openScene } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { scratchFolder } from '../support/scratch.ts'
import { draft, planOf, savePlan, wholeJournal } from '../support/store-samples.ts'
import { tinyDisk } from '../support/tiny-disk.ts'

const MESSAGES = 1_500
const RATE = 400
const HOUR_MS = 3_600_000
const signal = new AbortController().signal
const clock = systemClock()

interface Running extends Scene {
  readonly job: string
}

/** A job of many messages that has come some way. */
async function halfWay(context: TestContext, options: Parameters<typeof openScene>[1]): Promise<Running> {
  const scene = await openScene(context, options)
  await addFailed(scene, MESSAGES)
  const plan: Plan = await scene.engine.plan({ trouble: 'failed' })
  await scene.engine.unlock()
  const run: RunOptions = { rate: RATE, ramp: false, brake: null }
  const { job } = await scene.engine.engine.jobs.run(
    { plan: plan.plan, digest: plan.digest, typedCount: null, options: run },
    signal,
  )
  await expect.poll(async () => (await scene.engine.engine.jobs.get(job)).ended).toBeGreaterThan(100)
  return { ...scene, job }
}

function waitingCode({ engine, job }: Running): string | undefined {
  return engine.engine.jobs.status(job)?.waiting?.code
}

/** What is written down says of every message that reached the broker that it was meant to go. */
async function nothingWithoutIntent({ engine, rabbit, queue, job }: Running): Promise<number> {
  const published = await rabbit.count(queue)
  const { store } = engine
  const states = ['publishing', 'settling', 'done'] as const
  const meant = await store.jobReader.items(job, { states, afterSeq: 0, limit: MESSAGES + 1 })
  expect(published).toBeLessThanOrEqual(meant.length)
  return published
}

async function goesOn(running: Running): Promise<void> {
  const { engine, rabbit, queue, job } = running
  await expect.poll(async () => (await engine.engine.jobs.get(job)).state).toBe('interrupted')
  await engine.engine.jobs.continue(job)
  const ended = await engine.ended(job)
  expect(ended).toMatchObject({ state: 'done', ended: MESSAGES })
  expect(ended.tally.confirmed + ended.tally.unknown).toBe(MESSAGES)
  // Nothing is lost, and nothing went twice: what was on its way is unknown and was not sent again.
  const read = await rabbit.drain(queue)
  const ids = new Set(read.map(({ messageId }) => messageId))
  expect(read.length).toBe(ids.size)
  expect(ids.size).toBeGreaterThanOrEqual(ended.tally.confirmed)
  expect(ids.size).toBeLessThanOrEqual(MESSAGES)
  expect(await engine.store.journal.verify(signal)).toMatchObject({ intact: true })
}

test('the disk fills in the middle of a job: it stops, says why, and goes on when there is room', async (context) => {
  const disk = await tinyDisk(8)
  const running = await halfWay(context, { dataDir: disk.folder, signer: await newSigner() })
  const { engine, rabbit, queue, job } = running
  disk.fill()
  await expect.poll(() => waitingCode(running)).toBe('store-failed')
  const published = await nothingWithoutIntent(running)
  await new Promise((done) => setTimeout(done, 1_500))
  expect(await rabbit.count(queue)).toBe(published)
  // Everything can still be looked at; what would have to be written is refused.
  expect(await engine.engine.jobs.get(job)).toMatchObject({ state: 'running' })
  expect((await engine.store.journal.list(wholeJournal)).length).toBeGreaterThan(3)
  await expect(engine.engine.jobs.pause(job)).rejects.toMatchObject({ code: 'store-failed', retry: 'later' })
  await expect(engine.plan({ trouble: 'failed' })).rejects.toMatchObject({ code: 'store-failed' })
  disk.relieve()
  await goesOn(running)
})

test('the clock steps back an hour in the middle of a job: it stops, and goes on when the clock is right', async (context) => {
  let backMs = 0
  const stepping: Clock = { ...clock, now: () => new Date(Date.now() - backMs) }
  const running = await halfWay(context, { clock: stepping })
  backMs = HOUR_MS
  await expect.poll(() => waitingCode(running)).toBe('clock-went-back')
  await nothingWithoutIntent(running)
  backMs = 0
  await goesOn(running)
})

test('a journal does not go back in time: not by an hour, by a few seconds it may', async () => {
  const path = join(await scratchFolder(), 'redrive.db')
  let now = manualClock()
  const store = openStore({ path, clock: { ...now, now: () => now.now() } })
  await store.journal.append(draft('resolved'))
  now = manualClock(now.now().getTime() - HOUR_MS)
  await expect(store.journal.append(draft('resolved'))).rejects.toMatchObject({
    code: 'clock-went-back',
    retry: 'later',
  })
  await expect(savePlan(store.jobs, planOf('p', 3), draft('plan-created'))).rejects.toMatchObject({
    code: 'clock-went-back',
  })
  expect(await store.jobs.plan('p')).toBeNull()
  // It was wrong before, says a person: from then on this is the time.
  await store.journal.acceptClock(draft('clock-accepted', { detail: { reason: 'NTP' } }))
  await store.journal.append(draft('resolved'))
  now = manualClock(now.now().getTime() - 30_000)
  await store.journal.append(draft('resolved'))
  expect(await store.journal.verify(signal)).toMatchObject({ intact: true, entries: 4 })
  await store.close()
})

test('the command line on a clock that went back: it looks, writes nothing, and says what to do', async () => {
  const cli = await openCli({ sources: {}, brokers: {} })
  await cli.here('journal', 'list')
  const path = join(cli.folder, 'data', 'redrive.db')
  const ahead = new Date(Date.now() + HOUR_MS)
  const store = openStore({ path, clock: { ...clock, now: () => ahead }, signer: await signerOf(cli.folder) })
  await store.journal.append(draft('resolved'))
  await store.close()
  expect(await cli.json('journal', 'list')).toMatchObject({ code: 0 })
  const refused = await cli.plain('journal', 'accept-clock')
  expect(refused.code).toBe(2)
  const accepted = await cli.json('journal', 'accept-clock', '--reason', 'the battery was empty')
  expect(accepted).toMatchObject({ code: 0, records: [{ action: 'clock-accepted' }] })
  expect(await cli.json('journal', 'verify')).toMatchObject({ code: 0, records: [{ entries: 2 }] })
})

async function signerOf(folder: string) {
  return openSigner(keyFile(join(folder, 'data', 'journal.key')))
}

test('a disk that can only be read: everything can be looked at, nothing is written, nothing is lost', async () => {
  const disk = await tinyDisk(8)
  const path = join(disk.folder, 'redrive.db')
  const signer = await newSigner()
  const store = openStore({ path, clock, signer })
  await savePlan(store.jobs, planOf('plan-a', 30), draft('plan-created', { subject: 'plan-a' }))
  await store.close()
  await disk.lock()
  const looking = openStore({ path, clock, signer })
  expect(looking.refusal).toMatchObject({ code: 'store-read-only', retry: 'later' })
  expect(await looking.jobs.plan('plan-a')).toMatchObject({ items: 30 })
  await expect(looking.journal.append(draft('resolved'))).rejects.toMatchObject({ code: 'store-read-only' })
  expect(await looking.journal.verify(signal)).toMatchObject({ intact: true, entries: 1 })
  await looking.close()
  await disk.unlock()
  const again = openStore({ path, clock, signer })
  expect(again.refusal).toBeNull()
  await again.journal.append(draft('resolved'))
  expect(await again.journal.verify(signal)).toMatchObject({ intact: true, entries: 2 })
  await again.close()
})

test('the command line on a disk that can only be read, and on a full one: exit codes and sentences', async () => {
  const disk = await tinyDisk(4)
  const cli = await openCli({
    sources: {
      edge: {
        driver: 'sqlite',
        url: 'sqlite:///nowhere/outbox.db',
        environment: 'development',
        outbox: { profile: 'auto', table: 'outbox_message' },
      },
    },
    brokers: {},
    alerts: { rules: { silent: { when: { measure: 'source-silent' }, forSec: 0 } } },
  })
  const data = ['--data', disk.folder]
  // The fixture names a folder of its own.
  const direct = async (...words: string[]) => {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
    const said = Promise.all([text(streams.stdout), text(streams.stderr)])
    const code = await runCli([...words, '--workspace', cli.workspaceFile, ...data], streams, signal)
    streams.stdout.end()
    streams.stderr.end()
    const [stdout, stderr] = await said
    return { code, stdout, stderr }
  }
  expect(await direct('watch', '--once')).toMatchObject({ code: 3 })
  const before = await direct('journal', 'list', '--json')
  expect(before.stdout).toContain('alert-fired')

  await disk.lock()
  expect(await direct('journal', 'list', '--json')).toMatchObject({ code: 0, stdout: before.stdout })
  expect(await direct('journal', 'verify')).toMatchObject({ code: 0 })
  const refused = await direct('journal', 'accept-clock', '--reason', 'x')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('can be read only')
  await disk.unlock()

  disk.fill()
  expect(await direct('journal', 'list', '--json')).toMatchObject({ code: 0, stdout: before.stdout })
  const full = await direct('journal', 'accept-clock', '--reason', 'x')
  expect(full.code).toBe(1)
  expect(full.stderr).toMatch(/can be read only|cannot be used/)
  disk.relieve()
  expect(await direct('journal', 'accept-clock', '--reason', 'x')).toMatchObject({ code: 0 })
  expect(await direct('journal', 'verify')).toMatchObject({ code: 0 })
})

test('pages of the store overwritten: it is said, and the damaged file is left as it is', async () => {
  const path = join(await scratchFolder(), 'redrive.db')
  const store = openStore({ path, clock })
  for (let index = 0; index < 200; index += 1)
    await store.journal.append(draft('resolved', { detail: { index } }))
  await store.close()
  const size = statSync(path).size
  for (const at of [0.15, 0.5, 0.9]) {
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, Math.floor((size * at) / 4_096) * 4_096)
    closeSync(file)
  }
  const damaged = readFileSync(path)
  let code = 'intact'
  try {
    const opened = openStore({ path, clock })
    const verdict = await opened.journal.verify(signal)
    code = verdict.intact ? 'intact' : verdict.finding
    await opened.close()
  } catch (error) {
    code = (error as { code: string }).code
  }
  expect(['store-failed', 'unreadable', 'changed', 'missing']).toContain(code)
  expect(readFileSync(path).equals(damaged)).toBe(true)
})

test('the log of the store cut short: what is missing is told, never passed over', async () => {
  const path = join(await scratchFolder(), 'redrive.db')
  const store = openStore({ path, clock })
  for (let index = 0; index < 50; index += 1)
    await store.journal.append(draft('resolved', { detail: { index } }))
  const crashed = join(await scratchFolder(), 'redrive.db')
  // As a crash leaves it: the files as they are, and no more of their process.
  for (const end of ['', '-wal', '.journal-head']) copyFileSync(path + end, crashed + end)
  await store.close()
  const cut = openSync(`${crashed}-wal`, 'r+')
  ftruncateSync(cut, Math.floor(statSync(`${crashed}-wal`).size / 2))
  closeSync(cut)
  const again = openStore({ path: crashed, clock })
  expect(await again.journal.verify(signal)).toMatchObject({ intact: false, finding: 'truncated' })
  // What is left is whole.
  const left = await again.journal.list(wholeJournal)
  expect(left.map(({ seq }) => seq)).toEqual(left.map((_, index) => index + 1))
  await again.close()
})

test('two on one store, each with its turn: one chain, signed without a gap', async () => {
  const path = join(await scratchFolder(), 'redrive.db')
  const signer = await newSigner()
  const [one, two] = [openStore({ path, clock, signer }), openStore({ path, clock, signer })]
  for (let index = 0; index < 40; index += 1) {
    await (index % 3 === 0 ? two : one).journal.append(draft('resolved', { detail: { index } }))
  }
  expect(await one.journal.verify(signal)).toMatchObject({ intact: true, signed: { upTo: 40, before: 0 } })
  await one.close()
  await two.close()
  const db = new Database(path, { readonly: true })
  expect(db.prepare('SELECT count(*) AS n FROM journal').get()).toEqual({ n: 40 })
  db.close()
})
