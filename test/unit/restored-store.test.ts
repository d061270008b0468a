import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { replaceStore } from '../../src-main/adapters/store-sqlite/backup.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { standAfterRestore } from '../../src-main/app/restore/after-restore.ts'
import { scratchFolder } from '../support/scratch.ts'
import { draft, other } from '../support/store-samples.ts'

test('a token that was taken back came in again after a restore: every token of the backup is taken back', async () => {
  const folder = await scratchFolder()
  const store = openStore({ path: join(folder, 'redrive.db'), clock: systemClock() })
  onTestFinished(() => store.close())
  const expiresAt = '2099-01-01T00:00:00.000Z'
  for (const name of ['ann', 'bob']) {
    const token = {
      token: `token-${name}`,
      name,
      role: 'operator',
      createdBy: 'zoe',
      expiresAt,
      digest: name,
    } as const
    await store.operators.add(token, draft('operator-added'))
  }
  await store.operators.revoke(['token-bob'], draft('operator-revoked'))

  const it = { store, self: other, operator: 'zoe', detail: {} }
  expect(await standAfterRestore(it)).toMatchObject({ tokens: 1 })
  expect((await store.operators.list(10)).filter(({ revokedAt }) => revokedAt === null)).toEqual([])
  expect(await standAfterRestore(it)).toMatchObject({ tokens: 0 })
})

test('the last words of a damaged store were thrown away: its log goes aside with it', async () => {
  const folder = await scratchFolder()
  const [path, next, aside] = ['redrive.db', 'next.db', 'aside.db'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(path, 'no store any more, but long enough to be looked at as one'.repeat(100))
  await writeFile(`${path}-wal`, 'what was written down last')
  await openStore({ path: next, clock: systemClock() }).close()

  replaceStore(path, next, aside)
  expect(await readFile(`${aside}-wal`, 'utf8')).toBe('what was written down last')
})
