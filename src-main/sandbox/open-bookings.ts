import { Pool } from 'pg'
import { BOOKINGS, bookingFate, seedBookings } from './bookings.ts'
import { startCheckService } from './check-service.ts'
import {
  BROKER_URL,
  connection,
  CONSOLE_ROLE,
  NO_DEAD_RELAY,
  noPassword,
  POOL_CONNECTIONS_MAX,
  withClient,
} from './opening.ts'
import type { Opening } from './opening.ts'
import { runRelay } from './relay.ts'
import { resourceText } from './seed.ts'

/** Half messages and the service that is asked about them; answers with its address. */
export async function openBookings({
  server,
  passwords,
  memoryBroker,
  log,
  undo,
  signal,
}: Opening): Promise<string> {
  signal.throwIfAborted()
  const address = { server, password: passwords.superuser, database: BOOKINGS.database }
  await withClient(address, async (client) => {
    await client.query(await resourceText('outbox', 'postgres.sql'))
    await seedBookings(client)
    await client.query(`grant select, update on outbox_message to ${CONSOLE_ROLE}`)
  })
  const service = await startCheckService(bookingFate)
  undo.push(() => service.close())
  const pool = new Pool({ ...connection(address), max: POOL_CONNECTIONS_MAX })
  pool.on('error', (error) => log.debug({ err: error }, 'the sandbox lost an idle connection'))
  const broker = memoryBroker({ config: { driver: 'memory', url: BROKER_URL }, password: noPassword })
  const stop = new AbortController()
  const running = runRelay({ pool, broker, notOurs: NO_DEAD_RELAY, log }, stop.signal)
  undo.push(async () => {
    stop.abort()
    await Promise.allSettled([running])
    await broker.close()
    await pool.end()
  })
  return service.url
}
