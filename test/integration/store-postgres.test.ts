import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { openDatabase, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { testDatabase } from '../support/postgres.ts'
import {
  begin,
  draft,
  moveItems,
  other,
  owner,
  planOf,
  savePlan,
  steps,
  wholeJournal,
} from '../support/store-samples.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const signal = new AbortController().signal
/** As it goes over the wire: a BEGIN says READ COMMITTED. */
const COMMIT = 'COMMIT\0'
const folder = (): string => mkdtempSync(join(tmpdir(), 'redrive-shared-'))

async function open(url: string, dataDir = folder()): Promise<Store> {
  const password = async (): Promise<string> => serverAddress().password
  const store = await openSharedStore({ url, password, dataDir, clock: systemClock() })
  onTestFinished(() => store.close().catch(() => undefined))
  return store
}

async function behindProxy(database: TestDatabase) {
  const { host, port } = serverAddress()
  const proxy = await openTcpProxy({ host, port })
  onTestFinished(() => proxy.close())
  const url = new URL(database.url)
  url.host = `127.0.0.1:${proxy.port}`
  return { proxy, store: await open(url.href) }
}

/** As an intruder with all rights would. */
async function tamper(database: TestDatabase, sql: string): Promise<void> {
  await database.sql('ALTER TABLE redrive.journal DISABLE TRIGGER ALL')
  await database.sql(sql)
  await database.sql('ALTER TABLE redrive.journal ENABLE TRIGGER ALL')
}

test('two consoles that open a new store at once make one schema; what one writes the other sees', async () => {
  const { url } = await testDatabase({ empty: true })
  const [one, two] = await Promise.all([open(url), open(url)])
  await savePlan(one.jobs, planOf('plan-1', 3), draft('plan-created'))
  expect(await two.jobs.planItems('plan-1', 0, 10)).toHaveLength(3)
})

test('two consoles that write at the same time keep one chain without holes', async () => {
  const { url } = await testDatabase({ empty: true })
  const [one, two] = await Promise.all([open(url), open(url)])
  const all = Array.from({ length: 60 }, (_, index) =>
    (index % 2 === 0 ? one : two).journal.append(draft('note-added', { subject: `n-${index}` })),
  )
  const entries = await Promise.all(all)
  expect(entries.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(
    entries.map((_, index) => index + 1),
  )
  expect(await one.journal.verify(signal)).toMatchObject({ intact: true, entries: 60 })
  expect(await two.journal.list({ ...wholeJournal, order: 'newest', limit: 1 })).toMatchObject([{ seq: 60 }])
})

test('consoles that open a new store at the same moment do not take each other for another program', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { url } = await testDatabase({ empty: true })
    const stores = await Promise.all([open(url), open(url), open(url)])
    await Promise.all(stores.map((store) => store.journal.append(draft('note-added'))))
    expect(await stores[0]?.journal.verify(signal)).toMatchObject({ intact: true, entries: 3 })
  }
})

test('of two consoles that start the job of one plan, one does', async () => {
  const { url } = await testDatabase({ empty: true })
  const [one, two] = await Promise.all([open(url), open(url)])
  await savePlan(one.jobs, planOf('plan-1', 3), draft('plan-created'))
  const start = (store: Store, job: string) => {
    const options = { rate: null, ramp: false, brake: null }
    const wanted = { job, kind: 'resend', plan: 'plan-1', options, operator: 'ann', owner } as const
    return store.jobs.startJob(wanted, draft('job-started'))
  }
  const ends = await Promise.allSettled([start(one, 'job-1'), start(two, 'job-2')])
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'plan-already-run' },
  })
})

for (const delivered of [true, false]) {
  const what = delivered ? 'that was carried out' : 'that never arrived'
  test(`a connection that is lost in a COMMIT ${what}: the step is written once, and says so`, async () => {
    const database = await testDatabase({ empty: true })
    const { proxy, store } = await behindProxy(database)
    await begin(store, 'a', 3)
    let cuts = 0
    proxy.cutAt(COMMIT, delivered, () => (cuts += 1))
    // The second time it would be refused: the items have moved.
    await moveItems(store.jobs, 'job-a', owner, steps(1, 'publishing'))
    expect(cuts).toBe(1)
    expect((await store.jobReader.items('job-a', { afterSeq: 0, limit: 1 }))[0]?.itemState).toBe('publishing')
    expect(await store.journal.verify(signal)).toMatchObject({ intact: true, entries: 3 })
  })
}

test('a lost COMMIT whose server stays away is an error of its own', { timeout: 60_000 }, async () => {
  const database = await testDatabase({ empty: true })
  const { proxy, store } = await behindProxy(database)
  proxy.cutAt(COMMIT, false, () => {
    proxy.refuse(true)
    proxy.cut()
  })
  await expect(store.journal.append(draft('note-added'))).rejects.toMatchObject({
    code: 'store-undecided',
    retry: 'unknown-effect',
  })
  proxy.refuse(false)
  expect(await store.journal.append(draft('note-added'))).toMatchObject({ seq: 1 })
})

test('a connection that breaks within a step is made again, and nobody notices', async () => {
  const database = await testDatabase({ empty: true })
  const { proxy, store } = await behindProxy(database)
  await begin(store, 'a', 3)
  proxy.cutAt('INSERT INTO journal', false)
  await moveItems(store.jobs, 'job-a', owner, steps(1, 'claiming'))
  proxy.reset()
  expect(await store.jobReader.job('job-a')).toMatchObject({ state: 'running' })
  expect(await store.journal.verify(signal)).toMatchObject({ intact: true, entries: 3 })
})

test('a console that is frozen within a write does not hold up the others for long', async () => {
  const database = await testDatabase({ empty: true })
  const store = await open(database.url)
  const frozen = await openDatabase(database.name, false)
  await frozen.sql('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 2000')
  await frozen.sql('SELECT 1 FROM redrive.store FOR UPDATE')
  await store.journal.append(draft('note-added'))
  await frozen.close().catch(() => undefined)
})

test('what a newer Redrive made, and what another program made, is not touched', async () => {
  const database = await testDatabase({ empty: true })
  const store = await open(database.url)
  await store.journal.append(draft('note-added'))
  await database.sql('UPDATE redrive.store SET version = 99')
  const newer = { code: 'store-newer', retry: 'never', detail: { version: 99 } }
  const looking = await open(database.url)
  expect(looking.refusal).toMatchObject(newer)
  expect(looking.leases).toBeNull()
  expect(await looking.journal.list({ order: 'newest', cursor: null, limit: 1 })).toMatchObject([
    { action: 'note-added' },
  ])
  expect(await looking.journal.verify(signal)).toMatchObject({ intact: true, entries: 1 })
  await expect(looking.journal.append(draft('note-added'))).rejects.toMatchObject(newer)
  await expect(savePlan(looking.jobs, planOf('plan-x', 1), draft('plan-created'))).rejects.toMatchObject(
    newer,
  )
  await looking.close()
  await database.sql('ALTER TABLE redrive.journal RENAME TO entries')
  await expect(open(database.url)).rejects.toMatchObject({ code: 'store-failed' })
  await database.sql('ALTER TABLE redrive.entries RENAME TO journal')
  // Also where it happened while this one was at work.
  await expect(store.journal.append(draft('note-added'))).rejects.toMatchObject(newer)
  const foreign = await testDatabase({ empty: true })
  await foreign.sql('CREATE SCHEMA redrive; CREATE TABLE redrive.theirs (a int)')
  await expect(open(foreign.url)).rejects.toMatchObject({ code: 'store-failed', retry: 'never' })
})

test('a server that is not there is told as such', async () => {
  const nobody = open('postgres://redrive@127.0.0.1:1/redrive')
  await expect(nobody).rejects.toMatchObject({ code: 'store-failed', retry: 'later' })
  await expect(open('mysql://redrive@127.0.0.1/redrive')).rejects.toMatchObject({ code: 'workspace-invalid' })
})

test('an entry that was changed or taken out is found, and the journal refuses both to whoever obeys its rules', async () => {
  const database = await testDatabase({ empty: true })
  const store = await open(database.url)
  for (const subject of ['a', 'b', 'c', 'd']) await store.journal.append(draft('note-added', { subject }))
  for (const sql of ['UPDATE redrive.journal SET subject = $$x$$', 'DELETE FROM redrive.journal'])
    await expect(database.sql(sql)).rejects.toThrow('append-only')
  await expect(database.sql('TRUNCATE redrive.journal')).rejects.toThrow('append-only')
  await tamper(database, `UPDATE redrive.journal SET operator = 'eve' WHERE seq = 2`)
  expect(await store.journal.verify(signal)).toMatchObject({ intact: false, brokenAt: 2, finding: 'changed' })
  await tamper(database, `UPDATE redrive.journal SET operator = 'ann' WHERE seq = 2`)
  expect(await store.journal.verify(signal)).toMatchObject({ intact: true })
  await tamper(database, 'DELETE FROM redrive.journal WHERE seq = 3')
  expect(await store.journal.verify(signal)).toMatchObject({ intact: false, brokenAt: 3, finding: 'missing' })
})

test('a store that was set back to a backup is noticed by every console that saw more, also when work has gone on', async () => {
  const database = await testDatabase({ empty: true })
  const dataDir = folder()
  const store = await open(database.url, dataDir)
  for (const subject of ['a', 'b', 'c']) await store.journal.append(draft('note-added', { subject }))
  await tamper(database, 'DELETE FROM redrive.journal WHERE seq = 3')
  // Its own memory tells, before anything is noted.
  expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'truncated' })
  await tamper(
    database,
    'CREATE TABLE redrive.kept AS SELECT * FROM redrive.journal; DELETE FROM redrive.journal WHERE seq > 1',
  )
  await store.close()
  const fresh = await open(database.url)
  await fresh.journal.append(draft('note-added', { subject: 'other' }))
  // One that never saw it cannot know.
  expect(await fresh.journal.verify(signal)).toMatchObject({ intact: true })
  const again = await open(database.url, dataDir)
  await again.journal.append(draft('note-added', { subject: 'another' }))
  expect(await again.journal.verify(signal)).toMatchObject({ intact: false, finding: 'truncated' })
})

test('a job is taken over when the lease of its process has run out, and not before', async () => {
  const { url } = await testDatabase({ empty: true })
  const store = await open(url)
  const leases = store.leases ?? expect.fail('there are no leases')
  await begin(store, 'a', 2)
  expect(await leases.renew(owner, 60_000)).toEqual(new Set([owner.instance]))
  const interruption = { code: 'process-ended', reason: 'gone' } as const
  const takeOver = () =>
    store.jobs.moveJob(
      'job-a',
      { from: 'running', to: 'interrupted', owner: other, interruption },
      draft('job-recovered', { subject: 'job-a' }),
    )
  await expect(takeOver()).rejects.toMatchObject({ code: 'job-busy', retry: 'later' })
  expect(await leases.renew(other, 60_000)).toEqual(new Set([owner.instance, other.instance]))
  // By the database's clock: it is over.
  expect(await leases.renew(owner, -1)).toEqual(new Set([other.instance]))
  expect(await takeOver()).toMatchObject({ state: 'interrupted' })
  await expect(moveItems(store.jobs, 'job-a', owner, steps(1, 'claiming'))).rejects.toMatchObject({
    code: 'job-busy',
  })
  await leases.giveBack(other)
  expect(await leases.renew(owner, 60_000)).toEqual(new Set([owner.instance]))
})

test('what PostgreSQL cannot store as text comes back as it was', async () => {
  const { url } = await testDatabase({ empty: true })
  const store = await open(url)
  const text = 'a\0b\uE000c\uE0000d \ud800 "\\'
  await store.notes.add(
    { note: 'n-1', source: 'orders', id: 'r\0', messageId: 'm', author: 'ann', text: 'a\0b\uE000c\uE0000d' },
    draft('note-added', { subject: 'n\0', detail: { text } }),
  )
  expect((await store.notes.of('orders', 'm')).notes[0]).toMatchObject({
    id: 'r\0',
    text: 'a\0b\uE000c\uE0000d',
  })
  expect(await store.journal.list({ ...wholeJournal, subject: 'n\0' })).toMatchObject([{ detail: { text } }])
  expect(await store.journal.verify(signal)).toMatchObject({ intact: true })
})
