import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { storeConformance } from './store.ts'

storeConformance('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-store-'))
  return openStore({ path: join(folder, 'redrive.db'), clock: systemClock() })
})
