import Database from 'better-sqlite3'
import fc from 'fast-check'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { checkpointText } from '../../src-main/domain/checkpoint.ts'
import type { JournalVerdict } from '../../src-main/domain/journal.ts'
import {
  checkpointLine,
  createExportCheck,
  endLine,
  entryLine,
} from '../../src-main/domain/journal-export.ts'
import type { Signer } from '../../src-main/ports/signing.ts'
import { kinds, newSigner, plantInExport, plantInStore } from '../support/planted-tampering.ts'
import type { Planted } from '../support/planted-tampering.ts'
import { draft, wholeJournal } from '../support/store-samples.ts'

const ENTRIES = 12
/** Of the store: each run opens files. */
const STORE_RUNS = 60
const EXPORT_RUNS = 400
const clock = systemClock()
const signal = new AbortController().signal
const FILES = ['', '.journal-head', '.journal-checkpoints', '.seal']

let signer: Signer
let original: string
let exported: string

function folder(): string {
  return join(mkdtempSync(join(tmpdir(), 'redrive-tampering-')), 'redrive.db')
}

function copyStore(from: string, to: string): void {
  for (const end of FILES) {
    if (existsSync(from + end)) copyFileSync(from + end, to + end)
    else rmSync(to + end, { force: true })
  }
}

async function fill(path: string, from: number, count: number): Promise<void> {
  const store = openStore({ path, clock, signer })
  for (let index = 0; index < count; index++) {
    const action = index % 4 === 3 ? 'job-ended' : 'job-claiming'
    await store.journal.append(draft(action, { subject: `job-${from + index}`, detail: { n: from + index } }))
  }
  await store.close()
}

async function exportOf(path: string): Promise<string> {
  const store = openStore({ path, clock, signer })
  const seal = await store.journal.sealForExport()
  const entries = await store.journal.list(wholeJournal)
  await store.close()
  const lines = entries.flatMap((entry) => [
    entryLine(entry),
    ...(seal?.checkpoints ?? []).filter(({ seq }) => seq === entry.seq).map(checkpointLine),
  ])
  return [...lines, ...(seal ? [endLine(seal.end)] : []), ''].join('\n')
}

function checkExport(text: string, heads: readonly { seq: number; hash: string }[] = []): JournalVerdict {
  const check = createExportCheck({ keys: [signer], heads })
  for (const line of text.split('\n').slice(0, -1)) check.line(line)
  return check.finish()
}

async function verify(path: string, by: Signer | null = signer): Promise<JournalVerdict> {
  const store = openStore({ path, clock, signer: by })
  try {
    return await store.journal.verify(signal)
  } finally {
    await store.close()
  }
}

beforeAll(async () => {
  signer = await newSigner()
  original = folder()
  await fill(original, 1, ENTRIES)
  exported = await exportOf(original)
})

const planted = fc.record({
  kind: fc.constantFrom(...kinds),
  at: fc.nat(ENTRIES - 1),
  careful: fc.boolean(),
}) satisfies fc.Arbitrary<Planted>

test('what nobody touched is intact, signed to the last entry', async () => {
  const signed = { by: [signer.fingerprint], upTo: ENTRIES, before: 0 }
  expect(await verify(original)).toMatchObject({ intact: true, entries: ENTRIES, signed })
  expect(checkExport(exported)).toMatchObject({ intact: true, entries: ENTRIES, signed })
})

describe('somebody without the key', () => {
  test('changes the store, wherever and however: always found', async () => {
    await fc.assert(
      fc.asyncProperty(planted, async (each) => {
        const path = folder()
        copyStore(original, path)
        plantInStore(path, each)
        expect(await verify(path)).toMatchObject({ intact: false })
      }),
      { numRuns: STORE_RUNS },
    )
  })

  test('changes an export, wherever and however: always found', () => {
    fc.assert(
      fc.property(planted, (each) => {
        expect(checkExport(plantInExport(exported, each))).toMatchObject({ intact: false })
      }),
      { numRuns: EXPORT_RUNS },
    )
  })

  test('changes one character of an export, anywhere: always found', () => {
    fc.assert(
      fc.property(fc.nat(exported.length - 2), fc.constantFrom('x', '0', ' ', '\n', '"'), (at, by) => {
        fc.pre(exported[at] !== by)
        expect(checkExport(exported.slice(0, at) + by + exported.slice(at + 1)).intact).toBe(false)
      }),
      { numRuns: EXPORT_RUNS },
    )
  })

  test('cuts an export after any line: always found', () => {
    const lines = exported.split('\n').slice(0, -1)
    for (let count = 0; count < lines.length; count += 1) {
      const cut = lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join('')
      expect(checkExport(cut), `after ${count} lines`).toMatchObject({ intact: false })
    }
  })

  test('goes on writing without the key', async () => {
    const path = folder()
    copyStore(original, path)
    const store = openStore({ path, clock })
    await store.journal.append(draft('resolved', { operator: 'mallory' }))
    await store.close()
    expect(await verify(path)).toMatchObject({ finding: 'unsigned', brokenAt: ENTRIES + 1 })
    // What is written and signed later does not cover it up.
    await fill(path, 100, 2)
    expect(await verify(path)).toMatchObject({ finding: 'unsigned', brokenAt: ENTRIES + 1 })
  })

  test('signs with a key of their own', async () => {
    const path = folder()
    copyStore(original, path)
    const other = await newSigner()
    const store = openStore({ path, clock, signer: other })
    await store.journal.append(draft('resolved', { operator: 'mallory' }))
    await store.close()
    expect(await verify(path)).toMatchObject({ finding: 'unknown-key' })
    const mine = openStore({ path, clock, signer })
    const known = { keys: [other], heads: [] }
    expect(await mine.journal.verifyAgainst(known, signal)).toMatchObject({
      intact: true,
      signed: { by: expect.arrayContaining([signer.fingerprint, other.fingerprint]) },
    })
    await mine.close()
  })

  test('puts a signature of another text in the place of one', async () => {
    const path = folder()
    copyStore(original, path)
    rmSync(`${path}.seal`)
    const db = new Database(path)
    db.exec(`UPDATE journal_checkpoints SET signature = (SELECT signature FROM journal_checkpoints LIMIT 1)`)
    db.close()
    expect(await verify(path)).toMatchObject({ finding: 'forged' })
  })
})

describe('an old copy', () => {
  test.each([
    ['of the store', ['', '.seal']],
    ['of the store and its head', ['', '.seal', '.journal-head']],
  ])('%s is told by what stands beside it', async (_, files) => {
    const path = folder()
    copyStore(original, path)
    await fill(path, 100, 5)
    for (const end of files) copyFileSync(original + end, path + end)
    expect(await verify(path)).toMatchObject({ intact: false, finding: 'truncated' })
    // Nor does it heal when it is written on.
    await fill(path, 200, 9)
    expect(await verify(path)).toMatchObject({ intact: false, finding: 'truncated' })
  })

  test('of the store with all that is beside it, and of an export, are told by a head noted elsewhere', async () => {
    const path = folder()
    copyStore(original, path)
    await fill(path, 100, 5)
    const verdict = await verify(path)
    const head = { seq: verdict.entries, hash: verdict.intact ? verdict.headHash : '' }
    expect(checkExport(exported)).toMatchObject({ intact: true })
    expect(checkExport(exported, [head])).toMatchObject({ finding: 'truncated' })
    expect(checkExport(await exportOf(path), [head])).toMatchObject({ intact: true })
    copyStore(original, path)
    const store = openStore({ path, clock, signer })
    const known = { keys: [], heads: [head] }
    expect(await store.journal.verifyAgainst(known, signal)).toMatchObject({ finding: 'truncated' })
    await store.close()
  })
})

test('a journal that began before signing says how much of it is older', async () => {
  const path = folder()
  const old = openStore({ path, clock })
  for (let index = 0; index < 3; index++) await old.journal.append(draft('resolved'))
  await old.close()
  expect(await verify(path)).toMatchObject({ intact: true, signed: null })
  await fill(path, 1, 2)
  expect(await verify(path)).toMatchObject({ intact: true, signed: { before: 3, upTo: 5 } })
  expect(checkExport(await exportOf(path))).toMatchObject({ intact: true, signed: { before: 3 } })
})

describe('the checks can fail', () => {
  /** A signer that says yes to everything: then only the chain is left, and careful hands get through. */
  const blind = (): Signer => ({ ...signer, verify: () => true })

  test('with a key that accepts everything, an edit with recomputed hashes passes the export', () => {
    const lines = plantInExport(exported, { kind: 'edit', at: 2, careful: true }).split('\n').slice(0, -1)
    const entries = lines.filter((line) => !line.startsWith('{"type":'))
    const last = JSON.parse(entries.at(-1) as string) as { seq: number; hash: string; at: string }
    const end = { seq: last.seq, hash: last.hash, at: last.at, key: signer.fingerprint, signature: 'AAAA' }
    const check = createExportCheck({ keys: [blind()], heads: [] })
    for (const line of [...entries, endLine(end)]) check.line(line)
    expect(check.finish()).toMatchObject({ intact: true })
    const honest = createExportCheck({ keys: [signer], heads: [] })
    for (const line of [...entries, endLine(end)]) honest.line(line)
    expect(honest.finish()).toMatchObject({ finding: 'forged' })
  })

  test('a signature fits its own text and no other', () => {
    const claim = { seq: 1, hash: 'a', at: 'now', key: signer.fingerprint, unsigned: 0 }
    const signature = signer.sign(checkpointText(claim))
    expect(signer.verify(checkpointText(claim), signature)).toBe(true)
    expect(signer.verify(checkpointText({ ...claim, seq: 2 }), signature)).toBe(false)
    expect(signer.verify(checkpointText(claim), signature.replace(/=*$/, ''))).toBe(false)
  })

  test('the planted changes are changes: without them the same export passes', () => {
    expect(readFileSync(original).length).toBeGreaterThan(0)
    expect(checkExport(exported).intact).toBe(true)
  })
})
