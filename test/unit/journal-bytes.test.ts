import fc from 'fast-check'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import type { Store } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'

/** Flips of one run; the seed is in the report of a failure. */
const FLIPS = 300
const ENTRIES = 120
const signal = new AbortController().signal

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

test('a flipped byte anywhere in the store never changes what the journal says unnoticed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-bytes-'))
  const original = join(folder, 'original.db')
  const before = await fill(original)
  const bytes = readFileSync(original)
  const damaged = join(folder, 'damaged.db')
  let noticed = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (offset, mask) => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(copy.readUInt8(offset) ^ mask, offset)
      writeFileSync(damaged, copy)
      cpSync(`${original}.journal-head`, `${damaged}.journal-head`)
      let store: Store
      try {
        store = openStore({ path: damaged, clock: systemClock() })
      } catch (error) {
        // Not even opened: that is noticed.
        expect(error).toMatchObject({ name: 'RedriveError', code: expect.stringMatching(/^store-/) })
        return
      }
      const after = await everything(store)
      const verdict = await store.journal.verify(signal)
      await store.close().catch(() => undefined)
      if (after !== before) expect(verdict.intact).toBe(false)
      if (!verdict.intact) noticed += 1
    }),
    { numRuns: FLIPS },
  )
  // A new store is mostly empty pages; still many flips must have hit something.
  expect(noticed).toBeGreaterThan(FLIPS / 10)
})

test('a flipped byte in the text of an entry is always found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-bytes-'))
  const original = join(folder, 'original.db')
  await fill(original)
  const bytes = readFileSync(original)
  const damaged = join(folder, 'damaged.db')
  const places = [...bytes.toString('latin1').matchAll(/\{"ids":\[[^\]]*\]\}[0-9a-f]{128}/g)]
  expect(places.length).toBeGreaterThan(ENTRIES / 2)
  for (const place of places) {
    const offset = place.index + Math.floor(place[0].length / 2)
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset)
    writeFileSync(damaged, copy)
    cpSync(`${original}.journal-head`, `${damaged}.journal-head`)
    const store = openStore({ path: damaged, clock: systemClock() })
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false })
    await store.close()
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
