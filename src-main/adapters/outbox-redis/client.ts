import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { TlsOptions } from '../../domain/workspace.ts'
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
  /** Asked once, when it connects; '' where there is none. */
  readonly password: () => Promise<string>
  readonly load: SourceLoad
}

/**
 * Connects. Commands of all callers share the connection, which is therefore one of the source's for as long as the client
 * is open; those to the nodes of a cluster count as one. Throws RedriveError.
 */
export async function openClient(options: ClientOptions, signal: AbortSignal): Promise<Client> {
  const room = await options.load.room(signal)
  try {
    const client = await connected(options)
    return {
      ...client,
      close() {
        client.close()
        room.free()
      },
    }
  } catch (error) {
    room.free()
    throw error
  }
}

async function connected(options: ClientOptions): Promise<Client> {
  const { address } = options
  const detail = detailOf(address)
  const shared = await optionsOf(options)
  const redis = made(address, shared)
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

function made({ kind, nodes, master, database }: RedisAddress, shared: Options): Redis | Cluster {
  if (kind === 'cluster') return clusterOf(nodes, shared)
  const [first] = nodes
  const options: Options = {
    ...shared,
    db: database,
    lazyConnect: true,
    enableAutoPipelining: true,
    retryStrategy: (times) => Math.min(times * RECONNECT_PAUSE_MS, RECONNECT_PAUSE_MS_MAX),
  }
  if (kind === 'single') return new Redis({ ...options, ...first })
  return new Redis({
    ...options,
    sentinels: nodes.map((node) => ({ ...node })),
    name: master,
    role: 'master',
    enableTLSForSentinelMode: options.tls !== undefined,
    ...(options.tls === undefined ? {} : { sentinelTLS: options.tls }),
    sentinelRetryStrategy: (times) => (times > SENTINEL_ROUNDS_MAX ? null : times * RECONNECT_PAUSE_MS),
  })
}

function clusterOf(nodes: RedisAddress['nodes'], redisOptions: Options): Cluster {
  return new Cluster(
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
}
