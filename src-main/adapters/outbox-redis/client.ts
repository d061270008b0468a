import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { TlsOptions } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { logIn } from '../../ports/log-in.ts'
import { RedriveError } from '../../domain/errors.ts'
import { openInRoom } from '../outbox-sql/in-room.ts'
import { readTlsFiles } from '../outbox-sql/tls-files.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { RedisAddress } from './address.ts'
import { classify } from './classify.ts'
import { CHANGE, READ, RESTORE } from './scripts.ts'

/** Answers come as the server's older protocol has them, which is what the client does unless told otherwise. */
type Options = Omit<RedisOptions, 'replyMapping'>

const CONNECT_TIMEOUT_MS = 5_000
/** A command without an answer for so long: whether a script was carried out is not known then. */
const COMMAND_TIMEOUT_MS = 10_000
const RECONNECT_PAUSE_MS = 100
const RECONNECT_PAUSE_MS_MAX = 2_000
const KEYS = 4
/** Times that all sentinels, or all nodes that are named, are asked before it is told that none answers. */
const SENTINEL_ROUNDS_MAX = 3
const CLUSTER_ROUNDS_MAX = 5

type Answer = string | number | null | readonly Answer[]
export type Script = (...values: readonly (string | number)[]) => Promise<readonly Answer[]>
export type { Answer }

/** The server, its primary as the sentinels name it, or a cluster. */
export interface Client {
  readonly redis: Redis | Cluster
  readonly read: Script
  readonly change: Script
  readonly restore: Script
  /** Servers that hold keys: those of a cluster each hold some. */
  masters(): readonly Redis[]
  close(): void
}

export interface ClientOptions {
  readonly address: RedisAddress
  readonly tls?: TlsOptions | undefined
  /** Asked at every log-in; '' where there is none. */
  readonly password: Password
  readonly load: SourceLoad
}

/**
 * Connects. Commands of all callers share the connection, which is therefore one of the source's for as long as the client
 * is open; those to the nodes of a cluster count as one. Throws RedriveError.
 */
export async function openClient(options: ClientOptions, signal: AbortSignal): Promise<Client> {
  const refused = (error: unknown): boolean => error instanceof RedriveError && error.code === 'auth-failed'
  const open = () => logIn(options.password, refused, () => connected(options))
  const { held: client, room } = await openInRoom(options.load, open, signal)
  return {
    ...client,
    close() {
      client.close()
      room.free()
    },
  }
}

async function connected(options: ClientOptions): Promise<Client> {
  const { address } = options
  const detail = detailOf(address)
  const shared = await optionsOf(options)
  const redis = made(address, shared, options.password)
  // The promise only says that the connection is closed: why, the event says before.
  let last: Error | null = null
  redis.on('error', (error) => {
    last = error
  })
  try {
    await redis.connect()
    await redis.ping()
    // The client itself goes on in database 0 where there is no other.
    if (redis instanceof Redis) await redis.select(address.database)
    last = null
  } catch (error) {
    redis.disconnect()
    // An answer of the server says more than that the connection is closed.
    const told = error instanceof Error && error.name === 'ReplyError' ? error : (last ?? error)
    throw classify(told, { during: 'connect', detail })
  }
  const script = (name: string, lua: string): Script => {
    redis.defineCommand(name, { numberOfKeys: KEYS, lua })
    const commands = redis as unknown as Readonly<Record<string, Script>>
    return (...values) => commands[name]?.call(redis, ...values) ?? Promise.reject(new Error(name))
  }
  return {
    redis,
    read: script('redriveRead', READ),
    change: script('redriveChange', CHANGE),
    restore: script('redriveRestore', RESTORE),
    masters: () => (redis instanceof Cluster ? redis.nodes('master') : [redis]),
    close: () => redis.disconnect(),
  }
}

export function detailOf({ nodes, user, database }: RedisAddress) {
  const server = nodes.map(({ host, port }) => `${host}:${port}`).join(',')
  const [first] = nodes
  return { server, host: first?.host ?? '', port: first?.port ?? 0, database: String(database), user }
}

/** What every connection has, those to the nodes of a cluster too. */
async function optionsOf({ address, tls, password }: ClientOptions): Promise<Options> {
  const secret = await password()
  const secured = tls === undefined ? address.secured : tls.mode !== 'disable'
  const { user } = address
  return {
    ...(user === '' ? {} : { username: user }),
    ...(secret === '' ? {} : { password: secret }),
    ...(secured ? { tls: await tlsOf(tls) } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    // A command that may have been carried out is never sent again by itself.
    autoResendUnfulfilledCommands: false,
    // A server that is no primary any more is left.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectionName: 'redrive',
  }
}

async function tlsOf(tls: TlsOptions | undefined) {
  const files = tls === undefined ? {} : await readTlsFiles(tls)
  return {
    ...files,
    rejectUnauthorized: tls?.mode !== 'require',
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  }
}

function made(
  { kind, nodes, master, database }: RedisAddress,
  shared: Options,
  password: Password,
): Redis | Cluster {
  if (kind === 'cluster') return clusterOf(nodes, shared, password)
  const [first] = nodes
  const options: Options = {
    ...shared,
    db: database,
    lazyConnect: true,
    enableAutoPipelining: true,
    retryStrategy: (times) => Math.min(times * RECONNECT_PAUSE_MS, RECONNECT_PAUSE_MS_MAX),
  }
  if (kind === 'single') return keptFresh(new FreshRedis({ ...options, ...first }, password), password)
  const sentinel = new FreshRedis(
    {
      ...options,
      sentinels: nodes.map((node) => ({ ...node })),
      name: master,
      role: 'master',
      enableTLSForSentinelMode: options.tls !== undefined,
      ...(options.tls === undefined ? {} : { sentinelTLS: options.tls }),
      sentinelRetryStrategy: (times) => (times > SENTINEL_ROUNDS_MAX ? null : times * RECONNECT_PAUSE_MS),
    },
    password,
  )
  return keptFresh(sentinel, password)
}

/** The driver takes a password once and logs in again by itself, hours later: here it is asked for each time. */
class FreshRedis extends Redis {
  readonly #password: Password
  #logins = 0
  #closed = false

  constructor(options: Options, password: Password) {
    super(options)
    this.#password = password
  }

  override async connect(callback?: Parameters<Redis['connect']>[0]): Promise<void> {
    this.#logins += 1
    // The first one was just asked for.
    if (this.#logins > 1) {
      const fresh = await this.#password().catch(() => null)
      if (fresh !== null && fresh !== '') this.options.password = fresh
      // Nobody would close it any more.
      if (this.#closed) throw new Error('the client was closed meanwhile')
    }
    return super.connect(callback)
  }

  override disconnect(reconnect = false): void {
    this.#closed = !reconnect
    super.disconnect(reconnect)
  }
}

/** What a server refused at a log-in of the driver's own is not used for the next one. */
function keptFresh<Connected extends Redis | Cluster>(redis: Connected, { renew }: Password): Connected {
  return redis.on('error', (error: Error) => {
    if (isRefusal(error)) renew?.()
  }) as Connected
}

function isRefusal({ message }: Error): boolean {
  return /^WRONGPASS|^NOAUTH|invalid (username-)?password/.test(message)
}

function clusterOf(nodes: RedisAddress['nodes'], shared: Options, password: Password): Cluster {
  let latest = shared.password
  // Read for each node that is connected to; asked for whenever one is lost, so that the next log-in has it.
  const redisOptions: Options =
    latest === undefined
      ? shared
      : Object.defineProperty({ ...shared }, 'password', { enumerable: true, get: () => latest })
  const cluster = new Cluster(
    nodes.map((node) => ({ ...node })),
    {
      lazyConnect: true,
      enableAutoPipelining: true,
      clusterRetryStrategy: (times) => (times > CLUSTER_ROUNDS_MAX ? null : times * RECONNECT_PAUSE_MS),
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      // A certificate names a host, and the nodes of a cluster name each other by address.
      dnsLookup: (address, callback) => callback(null, address),
      redisOptions,
    },
  )
  const refresh = (error?: Error): void => {
    if (error !== undefined && isRefusal(error)) password.renew?.()
    void password().then(
      (fresh) => void (latest = fresh === '' ? latest : fresh),
      () => undefined,
    )
  }
  return cluster.on('node error', refresh).on('-node', () => refresh())
}
