import { randomBytes } from 'node:crypto'
import { Pool } from 'pg'
import type { Workspace } from '../domain/workspace.ts'
import { ATTEMPTS_MAX_DEFAULT, STUCK_AFTER_SEC_DEFAULT } from '../domain/workspace.ts'
import type { OpenBroker } from '../ports/drivers.ts'
import type { HostLog, WorkspaceStore } from '../ports/surroundings.ts'
import { BOOKINGS, bookingsCheckBack } from './bookings.ts'
import { livePayroll, liveShop, runService } from './live-services.ts'
import type { Service } from './live-services.ts'
import { memoryWorkspace } from './memory-workspace.ts'
import { ledgerCallback, startResendService } from './ledger-callback.ts'
import { LEDGER_EVIDENCE, LEDGER_FINGERPRINT, LEDGER_TABLES, runLedger, seedLedger } from './ledger.ts'
import { openBookings } from './open-bookings.ts'
import { openOthers } from './open-others.ts'
import type { OtherSources } from './open-others.ts'
import {
  BROKER_URL,
  connection,
  CONSOLE_ROLE,
  NO_DEAD_RELAY,
  noPassword,
  POOL_CONNECTIONS_MAX,
  withClient,
} from './opening.ts'
import type { Opening, Undo } from './opening.ts'
import { DEAD_PAYSLIP_KEY, payrollStory } from './payroll-story.ts'
import { reachablePostgres, unprivilegedAccount } from './postgres-binaries.ts'
import { databaseDir, endServer, kill, startServer } from './postgres-server.ts'
import type { Server, ServerPlace } from './postgres-server.ts'
import { seeded } from './random.ts'
import type { Random } from './random.ts'
import { runRelay } from './relay.ts'
import { makeRunFolder, removeLeftovers } from './run-folder.ts'
import { DEAD_LETTER_QUEUE } from './sandbox-dead-letters.ts'
import { sandboxAlerts } from './sandbox-alerts.ts'
import { startBroker } from './sandbox-broker.ts'
import type { SandboxBroker } from './sandbox-broker.ts'
import { resourceText, seedOutbox } from './seed.ts'
import type { StoryRow } from './seed.ts'
import { DEAD_RELAY_KEY_PREFIX, NEXT_ORDER, shopStory } from './shop-story.ts'
import { watchOver } from './watchdog.ts'

const BROKER = 'sandbox'
const BROKER_SEED = 3

export interface SandboxOptions {
  /** Holds the runs' folders. Each start makes a new one, and removes those whose process is gone. */
  readonly dataDir: string
  readonly log: HostLog
  readonly signal?: AbortSignal
}

export interface Sandbox {
  /** The two sources and the broker. What an operator edits stays until the end. */
  readonly workspace: WorkspaceStore
  readonly memoryBroker: OpenBroker
  /** For the engine's store; it belongs to this run and is removed by `close`. */
  readonly storeDir: string
  /** Close the engine first. Leaves no process and no file. */
  close(): Promise<void>
}

/** One database of the sandbox: what has happened there, and what goes on happening. */
interface Place {
  readonly source: string
  readonly database: string
  /** The same seed tells the same story. */
  readonly seed: number
  readonly environment: 'development' | 'production'
  readonly story: (random: Random, now: number) => StoryRow[]
  readonly service: (random: Random) => Service
  readonly deadRelayKey: string
}

const PLACES: readonly Place[] = [
  {
    source: 'shop-orders',
    database: 'shop',
    seed: 1_042,
    environment: 'development',
    story: shopStory,
    service: (random) => liveShop(random, NEXT_ORDER),
    deadRelayKey: DEAD_RELAY_KEY_PREFIX,
  },
  {
    source: 'payroll',
    database: 'payroll',
    seed: 417,
    environment: 'production',
    story: payrollStory,
    service: livePayroll,
    deadRelayKey: DEAD_PAYSLIP_KEY,
  },
]

/** Chains whose receiver one can watch; it has no story, everything in it happens. */
const LEDGER = { source: 'ledger', database: 'ledger', environment: 'development', seed: 88 } as const
/** Nothing in it belongs to a relay that is dead. */

/**
 * Starts a database server with two believable outboxes, a broker in this process, and the services and relays that
 * go on using both. Every start tells the same story from the beginning, its times relative to now. Nothing is left
 * behind where it fails or is aborted.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dataDir, log, signal = new AbortController().signal } = options
  const undo: Undo[] = []
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => (closing ??= undoAll(undo, log))
  try {
    await removeLeftovers(dataDir, log)
    const account = await unprivilegedAccount()
    const folder = await makeRunFolder(dataDir, account)
    undo.push(() => folder.remove())
    const native = await reachablePostgres(account, folder.home)
    const place = { native, home: folder.home, account }
    const passwords = { superuser: newPassword(), console: newPassword() }
    const server = await runServer(place, passwords.superuser, { undo, signal })
    const broker = await startBroker(seeded(BROKER_SEED), signal)
    undo.push(() => broker.close())
    const memoryBroker: OpenBroker = () => broker.open()
    const opening = { server, passwords, memoryBroker, log, undo, signal }
    await openShop(opening)
    const resendUrl = await openLedger(opening, broker)
    const checkUrl = await openBookings(opening)
    const others = await openOthers(opening, folder.storeDir)
    const furnishing = { resendUrl, checkUrl, others }
    return {
      workspace: memoryWorkspace(firstWorkspace(server, passwords.console, furnishing)),
      memoryBroker,
      storeDir: folder.storeDir,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Last begun, first ended. One that fails holds up none of the others. */
async function undoAll(undo: Undo[], log: HostLog): Promise<void> {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) {
    try {
      await last()
    } catch (error) {
      log.warn({ err: error }, 'a part of the sandbox did not end cleanly')
    }
  }
}

async function runServer(
  place: ServerPlace,
  password: string,
  { undo, signal }: { readonly undo: Undo[]; readonly signal: AbortSignal },
): Promise<Server> {
  const server = await startServer(place, password, signal)
  const dismissWatchdog = watchOver(server.pid, databaseDir(place.home))
  // Where a host ends without closing: nothing can be awaited any more, but the server can be told.
  const atExit = (): void => kill(server.pid)
  process.once('exit', atExit)
  undo.push(async () => {
    await endServer(place)
    process.off('exit', atExit)
    dismissWatchdog()
  })
  return server
}

/** Writes the story into the databases, then lets the services and relays go on from there. */
async function openShop(opening: Opening): Promise<void> {
  const { server, passwords, signal, undo, log } = opening
  await withClient({ server, password: passwords.superuser, database: 'postgres' }, async (client) => {
    await client.query(`create role ${CONSOLE_ROLE} login password '${passwords.console}'`)
    for (const { database } of [...PLACES, LEDGER, BOOKINGS])
      await client.query(`create database ${database}`)
  })
  const stop = new AbortController()
  for (const place of PLACES) {
    signal.throwIfAborted()
    const address = { server, password: passwords.superuser, database: place.database }
    await withClient(address, async (client) => {
      const random = seeded(place.seed)
      await seedOutbox(client, place.story(random, Date.now()), random)
      await client.query(`grant select, update on outbox_message to ${CONSOLE_ROLE}`)
    })
    const pool = new Pool({ ...connection(address), max: POOL_CONNECTIONS_MAX })
    pool.on('error', (error) => log.debug({ err: error }, 'the sandbox lost an idle connection'))
    const broker = opening.memoryBroker({
      config: { driver: 'memory', url: BROKER_URL },
      password: noPassword,
    })
    const random = seeded(place.seed + 1)
    const running = [
      runService({ pool, service: place.service(random), random, log }, stop.signal),
      runRelay({ pool, broker, notOurs: place.deadRelayKey, log }, stop.signal),
    ]
    undo.push(async () => {
      stop.abort()
      await Promise.allSettled(running)
      await broker.close()
      await pool.end()
    })
  }
}

/** The three pictures of chained messages: see ledger.ts. */
async function openLedger(
  { server, passwords, memoryBroker, log, undo, signal }: Opening,
  sandboxBroker: SandboxBroker,
): Promise<string> {
  signal.throwIfAborted()
  const address = { server, password: passwords.superuser, database: LEDGER.database }
  const random = seeded(LEDGER.seed)
  await withClient(address, async (client) => {
    await client.query(await resourceText('outbox', 'postgres.sql'))
    await client.query(await resourceText('receiver', 'catch-up.sql'))
    await client.query(LEDGER_TABLES)
    await seedLedger(client, random)
    await client.query(`grant select, update on outbox_message to ${CONSOLE_ROLE}`)
    await client.query(`grant select on ledger_entry, ledger_event, receiver_position to ${CONSOLE_ROLE}`)
  })
  const pool = new Pool({ ...connection(address), max: POOL_CONNECTIONS_MAX * 2 })
  pool.on('error', (error) => log.debug({ err: error }, 'the sandbox lost an idle connection'))
  const broker = memoryBroker({ config: { driver: 'memory', url: BROKER_URL }, password: noPassword })
  const stop = new AbortController()
  const running = [
    runRelay({ pool, broker, notOurs: NO_DEAD_RELAY, log }, stop.signal),
    runLedger({ pool, broker: sandboxBroker, random, log }, stop.signal),
  ]
  const resend = await startResendService(pool)
  undo.push(async () => {
    await resend.close()
    stop.abort()
    await Promise.allSettled(running)
    await broker.close()
    await pool.end()
  })
  return resend.url
}

interface Furnishing {
  readonly resendUrl: string
  readonly checkUrl: string
  readonly others: OtherSources
}

function firstWorkspace(
  server: Server,
  password: string,
  { resendUrl, checkUrl, others }: Furnishing,
): Workspace {
  const shared = {
    deliver: { broker: BROKER },
    stuckAfterSec: STUCK_AFTER_SEC_DEFAULT,
    maxAttempts: ATTEMPTS_MAX_DEFAULT,
  }
  const sources = [...PLACES, LEDGER, BOOKINGS].map(({ source, database, environment }) => [
    source,
    {
      driver: 'postgres',
      url: `postgres://${CONSOLE_ROLE}@127.0.0.1:${server.port}/${database}`,
      password: { value: password },
      environment,
      outbox: {
        ...{ profile: 'auto', table: 'public.outbox_message' },
        ...(source === LEDGER.source && { fingerprint: LEDGER_FINGERPRINT }),
      },
      ...shared,
      ...(source === LEDGER.source && {
        evidence: LEDGER_EVIDENCE,
        callback: ledgerCallback(BROKER, resendUrl),
      }),
      ...(source === BOOKINGS.source && { checkBack: bookingsCheckBack(checkUrl) }),
    },
  ])
  return {
    sources: {
      ...Object.fromEntries(sources),
      ...Object.fromEntries(Object.entries(others).map(([name, one]) => [name, { ...one, ...shared }])),
    },
    brokers: {
      [BROKER]: { driver: 'memory', url: BROKER_URL, deadLetters: [{ queue: DEAD_LETTER_QUEUE }] },
    },
    alerts: sandboxAlerts,
  }
}

function newPassword(): string {
  return randomBytes(18).toString('hex')
}
