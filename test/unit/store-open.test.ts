import Database from 'better-sqlite3'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src-main/adapters/store-sqlite/database.ts'
import { migrations } from '../../src-main/adapters/store-sqlite/migrations.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { planIsIntact } from '../../src-main/app/resend/plan-intact.ts'
import { draft, planOf, savePlan } from '../support/store-samples.ts'

const clock = systemClock()
/** Items that a plan is written in at a time. */
const SLICE = 500

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'redrive-open-')), 'redrive.db')
}

function versionOf(path: string): unknown {
  const db = new Database(path, { readonly: true })
  const version = db.pragma('user_version', { simple: true })
  db.close()
  return version
}

describe('opening', () => {
  test('makes the folder and a file that only its owner can read', async () => {
    const path = join(newPath(), 'deep', 'redrive.db')
    const store = openStore({ path, clock })
    await store.journal.append(draft('workspace-changed'))
    for (const file of [path, `${path}-wal`, `${path}.journal-head`]) {
      expect(statSync(file).mode & 0o077, file).toBe(0)
    }
    await store.close()
    expect(versionOf(path)).toBe(migrations.length)
  })

  test('a write is on the disk before it is answered', () => {
    const path = newPath()
    const db = openDatabase(path)
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(db.pragma('synchronous', { simple: true })).toBe(2)
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
    db.close()
  })

  test('goes on from an older version, one step at a time, and not twice', async () => {
    const path = newPath()
    const added = 'CREATE TABLE later (n INTEGER) STRICT; INSERT INTO later VALUES (1);'
    await openStore({ path, clock }).close()
    expect(existsSync(`${path}.seal`)).toBe(true)
    for (let time = 0; time < 2; time++) {
      const db = openDatabase(path, [...migrations, added])
      expect(db.prepare('SELECT n FROM later').all()).toEqual([{ n: 1 }])
      db.close()
    }
    expect(versionOf(path)).toBe(migrations.length + 1)
    // The change was its own: no seal is broken.
    for (const end of ['.seal', '.seal-broken']) expect(existsSync(path + end)).toBe(false)
  })

  test('a store of a newer version is opened to look at, and nothing is written into it', async () => {
    const path = newPath()
    const store = openStore({ path, clock })
    await store.journal.append(draft('workspace-changed'))
    await savePlan(store.jobs, planOf('plan-a', 3), draft('plan-created', { subject: 'plan-a' }))
    await store.close()
    openDatabase(path, [...migrations, 'CREATE TABLE later (n INTEGER) STRICT;']).close()
    const before = readFileSync(path)

    const newer = openStore({ path, clock })
    expect(newer.refusal).toMatchObject({ code: 'store-newer', retry: 'never' })
    expect(await newer.jobs.plan('plan-a')).toMatchObject({ items: 3 })
    await expect(newer.journal.append(draft('resolved'))).rejects.toMatchObject({ code: 'store-newer' })
    expect(await newer.journal.verify(new AbortController().signal)).toMatchObject({
      intact: true,
      entries: 2,
    })
    await newer.close()
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('a store of an older version is brought to this one, and a copy of it as it was is kept', async () => {
    const path = newPath()
    const older = migrations.slice(0, -1)
    openDatabase(path, older).close()
    const store = openStore({ path, clock })
    await store.journal.append(draft('workspace-changed'))
    await store.close()
    const copy = `${path}.v${older.length}`
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    const kept = new Database(copy, { readonly: true })
    expect(kept.pragma('user_version', { simple: true })).toBe(older.length)
    expect(kept.prepare('SELECT count(*) AS n FROM journal').get()).toEqual({ n: 0 })
    kept.close()
    // A Redrive that is as old as the copy opens it.
    openDatabase(copy, older).close()
  })

  test('a copy that cannot be kept keeps the older store as it is, to look at', () => {
    const path = newPath()
    const older = migrations.slice(0, -1)
    openDatabase(path, older).close()
    mkdirSync(`${path}.v${older.length}.${process.pid}.new`)
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'store-failed' }))
    const db = new Database(path, { readonly: true })
    expect(db.pragma('user_version', { simple: true })).toBe(older.length)
    db.close()
  })

  test('a newer version that has not what is asked for is refused', async () => {
    const path = newPath()
    await openStore({ path, clock }).close()
    openDatabase(path, [...migrations, 'DROP TABLE message_notes;']).close()
    expect(() => openStore({ path, clock })).toThrow(expect.objectContaining({ code: 'store-newer' }))
  })

  test('a step that fails leaves the older version as it was', () => {
    const path = newPath()
    openDatabase(path).close()
    const broken = 'CREATE TABLE half (n INTEGER) STRICT; CREATE TABLE half (n INTEGER) STRICT;'
    expect(() => openDatabase(path, [...migrations, broken])).toThrow(
      expect.objectContaining({ code: 'store-failed' }),
    )
    const db = openDatabase(path)
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual([])
    db.close()
  })
})

describe('refusing', () => {
  const refused = (path: string, problem: RegExp): void => {
    expect(() => openStore({ path, clock })).toThrow(
      expect.objectContaining({
        code: 'store-failed',
        detail: { path, problem: expect.stringMatching(problem) },
      }),
    )
  }

  test('a folder that cannot be made', () => {
    const path = newPath()
    writeFileSync(path, '')
    refused(join(path, 'redrive.db'), /EEXIST|ENOTDIR/)
  })

  test('a folder that cannot be written', () => {
    refused('/proc/redrive.db', /ENOENT|EACCES|EPERM/)
  })

  test('a folder in the place of the file', () => {
    const path = newPath()
    mkdirSync(path)
    refused(path, /EISDIR/)
  })

  test('a file that is no database', () => {
    const path = newPath()
    writeFileSync(
      path,
      'this is a text, and rather a long one, so that it could hold a header of SQLite'.repeat(20),
    )
    refused(path, /not a database/)
  })

  test('a database of another program', () => {
    const path = newPath()
    const db = new Database(path)
    db.exec('CREATE TABLE theirs (n INTEGER)')
    db.close()
    refused(path, /another program/)
  })

  test('a store that was closed', async () => {
    const store = openStore({ path: newPath(), clock })
    await store.close()
    await expect(store.journal.append(draft('resolved'))).rejects.toMatchObject({ code: 'store-failed' })
    await expect(store.jobReader.job('job-a')).rejects.toMatchObject({ code: 'store-failed' })
  })
})

test('a plan that was being saved when its process died is saved again', async () => {
  const path = newPath()
  const store = openStore({ path, clock })
  const sample = planOf('plan-1', 3)
  // The process ends here, with the items on disk and without a word about them.
  const half = await store.jobs.beginPlan('plan-1')
  await half.add(sample.items)
  await expect(half.add(sample.items)).rejects.toMatchObject({ code: 'store-failed' })
  await store.close()

  const next = openStore({ path, clock })
  const db = new Database(path)
  expect(db.prepare('SELECT complete FROM plans').all()).toEqual([{ complete: 0 }])
  expect(await next.jobs.plan('plan-1')).toBeNull()
  await savePlan(next.jobs, sample, draft('plan-created'))
  expect(await next.jobs.plan('plan-1')).toEqual(sample.plan)
  expect(await next.jobs.planItems('plan-1', 0, 10)).toEqual(sample.items)
  await next.close()

  // What is that old belongs to nobody any more; what is young may be another process at work.
  db.exec(`UPDATE plans SET begun_at = '2020-01-01T00:00:00.000Z' WHERE complete = 0`)
  await openStore({ path, clock }).close()
  expect(db.prepare('SELECT complete FROM plans').all()).toEqual([{ complete: 1 }])
  expect(db.prepare('SELECT count(*) AS items FROM plan_items').get()).toEqual({ items: 3 })
  db.close()
})

test('a plan of 100,000 messages is saved and read in slices, others get their turn between them', async () => {
  const store = openStore({ path: newPath(), clock })
  const { plan, items } = planOf('plan-big', 100_000)
  let turns = 0
  const pulse = setInterval(() => (turns += 1), 0)
  const saved = await store.jobs.beginPlan('plan-big')
  for (let from = 0; from < items.length; from += SLICE) await saved.add(items.slice(from, from + SLICE))
  await saved.finish(plan, draft('plan-created'))
  const turnsWhileSaving = turns
  expect(await planIsIntact(store.jobs, plan)).toBe(true)
  clearInterval(pulse)
  expect(turnsWhileSaving).toBeGreaterThan(5)
  expect(turns - turnsWhileSaving).toBeGreaterThan(5)
  await store.close()
})
