import Database from 'better-sqlite3'
import fc from 'fast-check'
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { canonical } from '../../src-main/domain/digest.ts'
import type { Json } from '../../src-main/domain/digest.ts'
import { genesisHash, journalHash, nextEntry } from '../../src-main/domain/journal.ts'
import type { JournalEntry, JournalVerdict } from '../../src-main/domain/journal.ts'

const signal = new AbortController().signal
const clock = systemClock()
const draft = (text: string) => ({
  action: 'job-claiming' as const,
  operator: 'ann',
  source: 'orders',
  subject: 'job-1',
  detail: { text, ids: ['1', '2'] },
})

async function filled(count: number): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-journal-')), 'redrive.db')
  const store = openStore({ path, clock })
  for (let index = 1; index <= count; index++) await store.journal.append(draft(`entry ${index}`))
  await store.close()
  return path
}

/** As somebody would who knows SQLite and is not held up by triggers. */
function tamper(path: string, work: (db: Database.Database) => void): void {
  const db = new Database(path)
  for (const trigger of ['journal_keeps_rows', 'journal_loses_none', 'journal_has_no_holes']) {
    db.exec(`DROP TRIGGER ${trigger}`)
  }
  work(db)
  db.close()
}

async function verify(path: string): Promise<JournalVerdict> {
  const store = openStore({ path, clock })
  try {
    return await store.journal.verify(signal)
  } finally {
    await store.close()
  }
}

describe('the triggers', () => {
  test.each([
    "UPDATE journal SET operator = 'bob' WHERE seq = 2",
    'DELETE FROM journal WHERE seq = 3',
    "INSERT OR REPLACE INTO journal SELECT 2, at, action, 'bob', source, subject, detail, previous_hash, hash FROM journal WHERE seq = 2",
    'INSERT INTO journal SELECT 9, at, action, operator, source, subject, detail, previous_hash, hash FROM journal WHERE seq = 3',
  ])('refuse: %s', async (sql) => {
    const path = await filled(3)
    const db = new Database(path)
    expect(() => db.exec(sql)).toThrow('append-only')
    db.close()
    expect(await verify(path)).toMatchObject({ intact: true, entries: 3 })
  })
})

describe('verify finds', () => {
  const finds = async (
    sql: string,
    verdict: Partial<Extract<JournalVerdict, { intact: false }>>,
  ): Promise<void> => {
    const path = await filled(9)
    tamper(path, (db) => db.exec(sql))
    expect(await verify(path)).toMatchObject({ intact: false, ...verdict })
  }

  test.each(['at', 'action', 'operator', 'source', 'subject', 'detail', 'previous_hash', 'hash'])(
    'a changed %s',
    (column) =>
      finds(
        column === 'detail'
          ? `UPDATE journal SET detail = replace(detail, 'entry 4', 'entry 5') WHERE seq = 4`
          : `UPDATE journal SET ${column} = ${column} || '0' WHERE seq = 4`,
        { brokenAt: 4, finding: 'changed', entries: 9 },
      ),
  )
  test('a source that was taken away', () =>
    finds('UPDATE journal SET source = NULL WHERE seq = 4', { brokenAt: 4, finding: 'changed' }))
  test('a detail that means the same and is written differently', () =>
    finds("UPDATE journal SET detail = replace(detail, ':', ': ') WHERE seq = 4", {
      brokenAt: 4,
      finding: 'changed',
    }))
  test('a detail that is no JSON', () =>
    finds("UPDATE journal SET detail = '{' WHERE seq = 4", { brokenAt: 4, finding: 'unreadable' }))
  test('a deleted entry', () =>
    finds('DELETE FROM journal WHERE seq = 4', { brokenAt: 4, finding: 'missing', entries: 8 }))
  test('a deleted first entry', () =>
    finds('DELETE FROM journal WHERE seq = 1', { brokenAt: 1, finding: 'missing' }))
  test('an entry moved within the order', () =>
    finds(
      'UPDATE journal SET seq = 99 WHERE seq = 4; UPDATE journal SET seq = 4 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 99',
      {
        brokenAt: 4,
        finding: 'reordered',
        entries: 9,
      },
    ))
  test('a deleted entry whose gap was closed', () =>
    finds('DELETE FROM journal WHERE seq = 4; UPDATE journal SET seq = seq - 1 WHERE seq > 4', {
      brokenAt: 4,
      finding: 'reordered',
    }))
  test('an inserted entry', () =>
    finds(
      `UPDATE journal SET seq = -seq WHERE seq >= 4; UPDATE journal SET seq = 1 - seq WHERE seq < 0;
       INSERT INTO journal SELECT 4, at, action, operator, source, subject, detail, hash, hash FROM journal WHERE seq = 3`,
      { brokenAt: 4, finding: 'changed', entries: 10 },
    ))
  test('entries cut off at the end', () =>
    finds('DELETE FROM journal WHERE seq > 7', { brokenAt: 8, finding: 'truncated', entries: 7 }))
  test('all entries cut off', () =>
    finds('DELETE FROM journal', { brokenAt: 1, finding: 'truncated', entries: 0 }))
  test('a table that is gone', async () => {
    const path = await filled(3)
    const store = openStore({ path, clock })
    tamper(path, (db) => db.exec('DROP TABLE journal'))
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'unreadable' })
    await store.close()
  })

  test('a last entry that was replaced by a genuine-looking one', async () => {
    const path = await filled(5)
    tamper(path, (db) => {
      const before = db.prepare('SELECT seq, hash FROM journal WHERE seq = 4').get() as JournalEntry
      const forged = nextEntry(draft('forged'), '2026-01-01T00:00:00.000Z', before)
      db.prepare('UPDATE journal SET at = ?, detail = ?, hash = ? WHERE seq = 5').run(
        forged.at,
        canonical(forged.detail),
        forged.hash,
      )
    })
    expect(await verify(path)).toMatchObject({ intact: false, brokenAt: 5, finding: 'truncated' })
  })

  test('a loss is not covered up by what is written later', async () => {
    const path = await filled(5)
    tamper(path, (db) => db.exec('DELETE FROM journal WHERE seq > 3'))
    const store = openStore({ path, clock })
    for (let index = 0; index < 9; index++) await store.journal.append(draft('later'))
    expect(await store.journal.verify(signal)).toMatchObject({
      intact: false,
      brokenAt: 5,
      finding: 'truncated',
    })
    await store.close()
    expect(await verify(path)).toMatchObject({
      intact: false,
      brokenAt: 5,
      finding: 'truncated',
      entries: 12,
    })
  })

  test('a loss while the store is open', async () => {
    const path = await filled(5)
    const store = openStore({ path, clock })
    tamper(path, (db) => db.exec('DELETE FROM journal WHERE seq > 4'))
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'truncated' })
    for (let index = 0; index < 3; index++) await store.journal.append(draft('later'))
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'truncated' })
    await store.close()
  })
})

describe('the head beside the store', () => {
  const headFile = (path: string): string => `${path}.journal-head`

  test('follows each entry', async () => {
    const path = await filled(3)
    const store = openStore({ path, clock })
    const entry = await store.journal.append(draft('four'))
    expect(readFileSync(headFile(path), 'utf8')).toBe(`0000000000000004 ${entry.hash}\n`)
    await store.close()
  })

  test.each(['', '\0'.repeat(82)])(
    'after a power loss it knows nothing and accuses nobody: %j',
    async (text) => {
      const path = await filled(3)
      writeFileSync(headFile(path), text)
      expect(await verify(path)).toMatchObject({ intact: true, entries: 3 })
      expect(readFileSync(headFile(path), 'utf8')).toMatch(/^0000000000000003 [0-9a-f]{64}\n$/)
    },
  )

  test('a head from before a crash is caught up with', async () => {
    const path = await filled(3)
    const early = readFileSync(headFile(path))
    const store = openStore({ path, clock })
    await store.journal.append(draft('four'))
    await store.close()
    writeFileSync(headFile(path), early)
    expect(await verify(path)).toMatchObject({ intact: true, entries: 4 })
  })

  test('a head that cannot be read is not overwritten', async () => {
    const path = await filled(3)
    appendFileSync(headFile(path), 'x\n')
    const store = openStore({ path, clock })
    await store.journal.append(draft('four'))
    expect(await store.journal.verify(signal)).toMatchObject({ intact: false, finding: 'unreadable' })
    await store.close()
  })
})

test('verify stops when it is told to', async () => {
  const path = await filled(3)
  const store = openStore({ path, clock })
  const reason = new Error('stop')
  await expect(store.journal.verify(AbortSignal.abort(reason))).rejects.toBe(reason)
  await store.close()
})

test('text that UTF-8 cannot carry does not break the chain', async () => {
  const path = await filled(0)
  const store = openStore({ path, clock })
  await store.journal.append({ ...draft('\ud800'), operator: 'a\udfff', subject: '\u0000' })
  expect(await store.journal.verify(signal)).toMatchObject({ intact: true, entries: 1 })
  await store.close()
})

describe('the chain itself', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
  const drafts = fc.record({
    action: fc.constantFrom('job-started' as const, 'resolved' as const),
    operator: fc.string(),
    source: fc.option(fc.string()),
    subject: fc.option(fc.string()),
    detail: json,
  })

  test('links each entry to the one before', () => {
    fc.assert(
      fc.property(fc.array(drafts, { minLength: 1 }), (all) => {
        let head: JournalEntry | null = null
        all.forEach((each, index) => {
          const entry: JournalEntry = nextEntry(each, 'now', head)
          expect(entry.seq).toBe(index + 1)
          expect(entry.previousHash).toBe(head?.hash ?? genesisHash)
          expect(journalHash(entry)).toBe(entry.hash)
          head = entry
        })
      }),
    )
  })

  test('another value in any field is another hash', () => {
    fc.assert(
      fc.property(drafts, drafts, fc.nat(), (one, two, seq) => {
        const entry = (each: typeof one) => ({ ...each, seq, at: 'now', previousHash: genesisHash })
        const same = canonical(entry(one)) === canonical(entry(two))
        expect(journalHash(entry(one)) === journalHash(entry(two))).toBe(same)
      }),
    )
  })
})
