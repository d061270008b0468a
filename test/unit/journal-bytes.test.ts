import fc from 'fast-check'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'

/** Flips of one run; the seed is in the report of a failure. */
const FLIPS = 60
const ENTRIES = 120
const signal = new AbortController().signal

type Verdict = 'not opened' | { readonly says: string | null; readonly intact: boolean }

/** Everything that the journal can be asked for, or null where it cannot be read. */
async function everything(store: Store): Promise<string | null> {
  const lists = [
    { order: 'oldest' },
    { order: 'newest' },
    { order: 'newest', source: 'orders' },
    { order: 'oldest', subject: 'job-7' },
    { order: 'oldest', actions: ['job-marked'] },
  ] as const
  try {
    const answers = []
    for (const list of lists) answers.push(await store.journal.list({ ...list, cursor: null, limit: 1_000 }))
    return JSON.stringify(answers)
  } catch {
    return null
  }
}

async function fill(path: string): Promise<string | null> {
  const store = openStore({ path, clock: systemClock() })
  for (let index = 0; index < ENTRIES; index++) {
    await store.journal.append({
      action: index % 3 === 0 ? 'job-marked' : 'job-claiming',
      operator: 'ann',
      source: index % 2 === 0 ? 'orders' : 'payments',
      subject: `job-${index % 10}`,
      // Some entries spill over several pages.
      detail: { ids: Array.from({ length: index % 40 === 0 ? 1_500 : 5 }, (_, id) => String(id * 7)) },
    })
  }
  const answer = await everything(store)
  await store.close()
  return answer
}

async function flip(original: string, offset: number, mask: number, sealed: boolean): Promise<Verdict> {
  const damaged = `${original}.damaged`
  const copy = readFileSync(original)
  copy.writeUInt8(copy.readUInt8(offset) ^ mask, offset)
  for (const end of ['', '-wal', '-shm', '.journal-head', '.seal', '.seal-broken'])
    rmSync(damaged + end, { force: true })
  writeFileSync(damaged, copy)
  cpSync(`${original}.journal-head`, `${damaged}.journal-head`)
  if (sealed) cpSync(`${original}.seal`, `${damaged}.seal`)
  let store: Store
  try {
    store = openStore({ path: damaged, clock: systemClock() })
  } catch (error) {
    expect(error).toMatchObject({ name: 'RedriveError', code: expect.stringMatching(/^store-/) })
    return 'not opened'
  }
  const says = await everything(store)
  const { intact } = await store.journal.verify(signal)
  await store.close()
  return { says, intact }
}

const places = (bytes: Buffer) => fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))

test('any flipped byte of a store that was closed is found', async () => {
  const original = join(mkdtempSync(join(tmpdir(), 'redrive-bytes-')), 'redrive.db')
  await fill(original)
  await fc.assert(
    fc.asyncProperty(places(readFileSync(original)), async ([offset, mask]) => {
      const verdict = await flip(original, offset, mask, true)
      expect(verdict === 'not opened' || !verdict.intact).toBe(true)
    }),
    { numRuns: FLIPS },
  )
})

test('without a seal, a flipped byte anywhere never changes what the journal says unnoticed', async () => {
  const original = join(mkdtempSync(join(tmpdir(), 'redrive-bytes-')), 'redrive.db')
  const before = await fill(original)
  let noticed = 0
  await fc.assert(
    fc.asyncProperty(places(readFileSync(original)), async ([offset, mask]) => {
      const verdict = await flip(original, offset, mask, false)
      if (verdict === 'not opened') return
      if (verdict.says !== before) expect(verdict.intact).toBe(false)
      if (!verdict.intact) noticed += 1
    }),
    { numRuns: FLIPS },
  )
  // A new store is mostly empty pages; still many flips must have hit something.
  expect(noticed).toBeGreaterThan(FLIPS / 10)
})

test('a change from outside stays known when more is written', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-bytes-')), 'redrive.db')
  await fill(path)
  const bytes = readFileSync(path)
  // The last byte before the first page's schema is never used by SQLite: only the seal covers it.
  const offset = 71
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset)
  writeFileSync(path, bytes)
  for (let time = 0; time < 2; time++) {
    const store = openStore({ path, clock: systemClock() })
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'changed' })
    await store.journal.append({
      action: 'source-locked',
      operator: 'ann',
      source: null,
      subject: null,
      detail: {},
    })
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'changed' })
    await store.close()
  }
})

test('a seal is lifted by each process before it writes, and set by each that leaves an empty log', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-bytes-')), 'redrive.db')
  const append = (store: Store) =>
    store.journal.append({ action: 'source-locked', operator: 'a', source: null, subject: null, detail: {} })
  const one = openStore({ path, clock: systemClock() })
  const two = openStore({ path, clock: systemClock() })
  await append(one)
  await one.close()
  expect(existsSync(`${path}.seal`)).toBe(true)
  expect(await two.journal.verify(signal)).toMatchObject({ intact: true, entries: 1 })
  await append(two)
  expect(existsSync(`${path}.seal`)).toBe(false)
  expect(await two.journal.verify(signal)).toMatchObject({ intact: true, entries: 2 })
  await two.close()
  const three = openStore({ path, clock: systemClock() })
  expect(await three.journal.verify(signal)).toMatchObject({ intact: true, entries: 2 })
  await three.close()
  expect(existsSync(`${path}.seal`)).toBe(true)
})

test('without a seal, a flipped byte in the text of an entry is always found', async () => {
  const original = join(mkdtempSync(join(tmpdir(), 'redrive-bytes-')), 'redrive.db')
  await fill(original)
  const text = readFileSync(original).toString('latin1')
  const entries = [...text.matchAll(/\{"ids":\[[^\]]*\]\}[0-9a-f]{128}/g)]
  expect(entries.length).toBeGreaterThan(ENTRIES / 2)
  for (const entry of entries) {
    const verdict = await flip(original, entry.index + Math.floor(entry[0].length / 2), 1, false)
    expect(verdict).toMatchObject({ intact: false })
  }
})

test('a flipped byte in the head beside the store is always found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-bytes-'))
  const path = join(folder, 'redrive.db')
  await fill(path)
  const bytes = readFileSync(`${path}.journal-head`)
  for (let offset = 0; offset < bytes.length - 1; offset++) {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset)
    writeFileSync(`${path}.journal-head`, copy)
    const store = openStore({ path, clock: systemClock() })
    expect(await store.journal.verify(signal), `byte ${offset}`).toMatchObject({ intact: false })
    await store.close()
  }
})

test('a seal from before a power loss accuses nobody', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-bytes-')), 'redrive.db')
  await fill(path)
  const seal = readFileSync(`${path}.seal`)
  const store = openStore({ path, clock: systemClock() })
  await store.journal.append({
    action: 'source-locked',
    operator: 'ann',
    source: null,
    subject: null,
    detail: {},
  })
  // What the disk holds when the change arrived there and the lifting of the seal did not.
  const after = `${path}.after`
  for (const end of ['', '-wal', '.journal-head']) cpSync(path + end, after + end)
  writeFileSync(`${after}.seal`, seal)
  await store.close()
  for (let time = 0; time < 2; time++) {
    const again = openStore({ path: after, clock: systemClock() })
    expect(await again.journal.verify(signal)).toMatchObject({ intact: true, entries: ENTRIES + 1 })
    await again.close()
  }
})
