import { createConnection } from 'mysql2/promise'
import type { Connection, ConnectionOptions } from 'mysql2/promise'
import { connect as connectSocket, isIP } from 'node:net'
import { RedriveError } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { logIn } from '../../ports/log-in.ts'
import { readTlsFiles } from '../outbox-sql/tls-files.ts'
import type { ServerAddress } from '../outbox-sql/address.ts'

/** Waiting for the socket, TLS and the log-in together. */
const CONNECT_TIMEOUT_MS = 10_000
/** Notices a peer that vanished without a word. */
const KEEP_ALIVE_DELAY_MS = 10_000
/** Of one connection: the server has a limit for all of its connections together. */
const PREPARED_STATEMENTS_MAX = 48

export interface ConnectionSettings {
  readonly address: ServerAddress
  /** Asked at every log-in, so that a token that runs out is replaced. '' where none is needed. */
  readonly password: Password
  readonly tls: MysqlTls | null
}

export interface MysqlTls {
  readonly options: NonNullable<ConnectionOptions['ssl']>
  /** Name to verify in the place of the host; null: the host. */
  readonly serverName: string | null
}

/** ER_ACCESS_DENIED_ERROR, with and without the plugin's words. */
const REFUSED: ReadonlySet<unknown> = new Set([1045, 1698])

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && REFUSED.has(error.errno)
}

/** Connects and logs in. Rejects with the driver's own error. */
export function openConnection(settings: ConnectionSettings): Promise<Connection> {
  return logIn(settings.password, isRefused, () => connect(settings))
}

async function connect({ address, password, tls }: ConnectionSettings): Promise<Connection> {
  const { host, port, user, database } = address
  const connection = await createConnection({
    ...placeOf({ host, port }, tls?.serverName ?? null),
    user,
    database,
    password: await password(),
    ...(tls === null ? {} : { ssl: tls.options }),
    charset: 'utf8mb4_general_ci',
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    maxPreparedStatements: PREPARED_STATEMENTS_MAX,
    // A row that an UPDATE found as it already is counts as found; a server that asks for a file gets none.
    flags: ['+FOUND_ROWS', '-LOCAL_FILES'],
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
  })
  // An idle connection that breaks must not end the process; whoever uses it next is told.
  connection.on('error', () => undefined)
  return connection
}

/** The driver verifies the name that it was told as host; the socket may lead to a tunnel's end. A path is a Unix socket. */
function placeOf(
  { host, port }: Pick<ServerAddress, 'host' | 'port'>,
  serverName: string | null,
): Pick<ConnectionOptions, 'host' | 'port' | 'socketPath' | 'stream'> {
  if (serverName === null) return host.startsWith('/') ? { socketPath: host } : { host, port }
  return {
    host: serverName,
    stream: () => (host.startsWith('/') ? connectSocket(host) : connectSocket(port, host)),
  }
}

/** Reads the files of the TLS options. Throws RedriveError `tls-failed` where one cannot be read, `workspace-invalid`. */
export async function tlsFrom(
  options: TlsOptions | undefined,
  { host }: ServerAddress,
): Promise<MysqlTls | null> {
  if (options === undefined || options.mode === 'disable') return null
  const files = await readTlsFiles(options)
  if (options.mode === 'require')
    return { options: { ...files, rejectUnauthorized: false }, serverName: null }
  const serverName = options.serverName ?? host
  if (isIP(serverName) !== 0) {
    throw new RedriveError('workspace-invalid', 'never', {
      at: 'tls',
      problem: 'the name in the certificate cannot be compared with an IP address: say it as "serverName"',
    })
  }
  return {
    options: { ...files, rejectUnauthorized: true, verifyIdentity: true },
    serverName: serverName === host ? null : serverName,
  }
}
