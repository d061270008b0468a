import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { headOfReplaced, headOfStore } from '../../src-main/adapters/store-sqlite/backup.ts'

test('a store that cannot be read has no head to sign, and one that is replaced says nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-backup-head-'))
  const path = join(folder, 'redrive.db')
  try {
    await writeFile(path, 'not a store')
    expect(() => headOfStore(path)).toThrow(expect.objectContaining({ code: 'store-failed' }))
    expect(headOfReplaced(path)).toBeNull()
    expect(headOfReplaced(join(folder, 'absent.db'))).toBeNull()
  } finally {
    await rm(folder, { recursive: true })
  }
})
