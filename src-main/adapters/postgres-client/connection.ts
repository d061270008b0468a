import { checkServerIdentity } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import type { TlsOptions } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { logIn } from '../../ports/log-in.ts'
import { readTlsFiles } from '../outbox-sql/tls-files.ts'
import type { ServerAddress } from '../outbox-sql/address.ts'

/** Waiting for the socket, TLS and the log-in together. */
const CONNECT_TIMEOUT_MS = 10_000
/** A connection that nobody used for this long is given back to the server. */
const IDLE_TIMEOUT_MS = 30_000
/** Notices a peer that vanished without a word. */
const KEEP_ALIVE_DELAY_MS = 10_000

export interface ConnectionSettings {
  readonly address: ServerAddress
  /** Asked at every log-in, so that a token that runs out is replaced. '' where none is needed. */
  readonly password: Password
  readonly tls: ConnectionOptions | false
}

/** Raw text for every type: a bigint, a microsecond and a JSON document arrive as the server wrote them. */
const rawText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

/**
 * The driver fills every field that is empty from PG* variables. Most are closed by setting them; these have no
 * neutral value (a blank `options` would be sent, and PgBouncer refuses it), so they are taken out after it looked.
 */
class ExplicitClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    const { connectionParameters } = this as unknown as {
      connectionParameters: Record<'options' | 'replication' | 'application_name', string | undefined>
    }
    connectionParameters.options = undefined
    connectionParameters.replication = undefined
    connectionParameters.application_name = undefined
    ;(this as unknown as { replication: string | undefined }).replication = undefined
  }
}

function clientConfig({ address, password, tls }: ConnectionSettings): pg.ClientConfig {
  return {
    ...address,
    password,
    ssl: tls,
    sslnegotiation: 'postgres',
    client_encoding: 'utf8',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    types: rawText,
    // BEGIN, the statement and COMMIT travel together: one round trip for a whole transaction.
    pipeline: true,
  }
}

export function openPool(settings: ConnectionSettings, connectionsMax: number): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(settings),
    Client: ExplicitClient as unknown as new () => pg.ClientBase,
    max: connectionsMax,
    min: 0,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  })
  // An idle connection that breaks is dropped by the pool; without a listener it would end the process.
  pool.on('error', () => undefined)
  return pool
}

/** 28P01: a wrong password; 28000: what PAM and the IAM of a cloud answer to one that ran out. */
const REFUSED: ReadonlySet<unknown> = new Set(['28P01', '28000'])

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && REFUSED.has(error.code)
}

/** A connection of the pool, with a fresh password where the server refuses the one before. */
export function fromPool(pool: pg.Pool, { password }: ConnectionSettings): Promise<pg.PoolClient> {
  return logIn(password, isRefused, () => pool.connect())
}

/** As `newClient`, connected. */
export function connected(settings: ConnectionSettings): Promise<pg.Client> {
  return logIn(settings.password, isRefused, async () => {
    const client = newClient(settings)
    try {
      await client.connect()
    } catch (error) {
      void client.end().catch(() => undefined)
      throw error
    }
    return client
  })
}

/** One connection outside the pools, for cancelling what occupies them. */
export function newClient(settings: ConnectionSettings): pg.Client {
  const client = new ExplicitClient(clientConfig(settings))
  client.on('error', () => undefined)
  return client
}

/** Reads the files of the TLS options. Throws RedriveError `tls-failed` where one cannot be read. */
export async function tlsFrom(
  options: TlsOptions | undefined,
  address: ServerAddress,
): Promise<ConnectionOptions | false> {
  if (options === undefined || options.mode === 'disable') return false
  const files = await readTlsFiles(options)
  if (options.mode === 'require') return { ...files, rejectUnauthorized: false }
  return { ...files, rejectUnauthorized: true, ...verifiedName(options.serverName, address.host) }
}

/**
 * The driver overwrites `servername` with the host where that is a name, so a tunnel's "localhost" would be verified
 * instead of the name behind it. Hence the own check.
 */
function verifiedName(serverName: string | undefined, host: string): ConnectionOptions {
  if (serverName === undefined || serverName === host) return {}
  return {
    servername: serverName,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  }
}
