import { fillChains, plantFaults } from '../support/chain-generator.ts'
import type { GeneratorOptions } from '../support/chain-generator.ts'
import { dropDatabase, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'

const OPTIONS: GeneratorOptions = { table: 'reference', rows: 12_000, chains: 40, each: 3, payload: 20 }
const TYPES = ['OrderPlaced', 'OrderPaid', 'StockReserved', 'OrderPacked', 'OrderShipped', 'InvoiceSent']

export interface AuditScene {
  /** What a workspace says of it. */
  readonly source: object
  close(): Promise<void>
}

/** Intact chains and damaged ones in a database of its own; the last messages are not sent. */
export async function openAuditScene(broker: string): Promise<AuditScene> {
  const name = `redrive_scene_${process.pid}`
  const database = await openDatabase(name, true)
  await database.sql(await referenceSchema())
  await fillChains(database, OPTIONS)
  await database.sql(
    `update outbox_message set type = (array['${TYPES.join(`','`)}'])[1 + (id / ${OPTIONS.chains}) % ${TYPES.length}]`,
  )
  await plantFaults(database, OPTIONS)
  await database.sql(
    `update outbox_message set status = 'failed', attempts = 3 where id > ${OPTIONS.rows - 3 * OPTIONS.chains}`,
  )
  return {
    source: {
      driver: 'postgres',
      url: database.url,
      password: { value: serverAddress().password },
      environment: 'staging',
      outbox: { profile: 'auto', table: 'public.outbox_message' },
      deliver: { broker },
      stuckAfterSec: 300,
      maxAttempts: 3,
    },
    close: async () => {
      await database.close()
      await dropDatabase(name)
    },
  }
}
