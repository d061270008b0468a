import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { testDatabase } from '../support/postgres.ts'
import { storeConformance } from './store.ts'

storeConformance('PostgreSQL', async () => {
  const { url } = await testDatabase({ empty: true })
  const dataDir = mkdtempSync(join(tmpdir(), 'redrive-shared-'))
  return openSharedStore({
    url,
    password: async () => serverAddress().password,
    dataDir,
    clock: systemClock(),
  })
})
