import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'

const run = promisify(execFile)
const HOST = '127.0.0.1'
const READY_MS_MAX = 15_000
const POLL_MS = 50

export interface RedisNode {
  readonly port: number
  readonly url: string
  /** Ends it and waits. SIGKILL leaves what the server had not written. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** With the same folder and port. */
  start(): Promise<void>
  /** Asks over a connection of its own. */
  ask(...command: readonly string[]): Promise<unknown>
}

export interface RedisNodeOptions {
  /** Made where it is missing; what the server keeps is in there. */
  readonly folder: string
  readonly port?: number
  readonly settings?: Readonly<Record<string, string>>
  readonly sentinel?: boolean
  /** PEM files; then the port takes TLS only. */
  readonly tls?: RedisTls
}

export interface RedisTls {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** A port that was free a moment ago, and the one of a cluster's bus above it too. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port > 55_000 ? port - 20_000 : port
}

/** A redis-server of the test's own. Throws where there is none on this machine, naming it. */
export async function startRedis(options: RedisNodeOptions): Promise<RedisNode> {
  const port = options.port ?? (await freePort())
  await mkdir(options.folder, { recursive: true })
  const file = join(options.folder, 'redis.conf')
  await writeFile(file, configOf(options, port))
  let child: ChildProcess | null = null
  const ask = async (...[name = 'PING', ...values]: readonly string[]): Promise<unknown> => {
    const redis = new Redis({
      host: HOST,
      port,
      lazyConnect: true,
      retryStrategy: () => null,
      ...(options.tls === undefined ? {} : { tls: { rejectUnauthorized: false } }),
    })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return await redis.call(name, ...values)
    } finally {
      redis.disconnect()
    }
  }
  const node: RedisNode = {
    port,
    url: `redis://${HOST}:${port}/0`,
    ask,
    async start() {
      child = spawn('redis-server', [file, ...(options.sentinel === true ? ['--sentinel'] : [])], {
        stdio: 'ignore',
      })
      const failed = once(child, 'error').then(([error]) => {
        throw new Error('redis-server cannot be started: the package redis-server is missing', {
          cause: error,
        })
      })
      failed.catch(() => undefined)
      await Promise.race([failed, answers(ask)])
    },
    async stop(signal = 'SIGTERM') {
      const ending = child
      child = null
      if (ending === null || ending.exitCode !== null) return
      const ended = once(ending, 'exit')
      ending.kill(signal)
      await ended
    },
  }
  await node.start()
  return node
}

async function answers(ask: RedisNode['ask']): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const answer = await ask().catch((error: unknown) => error)
    if (answer === 'PONG') return
    if (waitedMs > READY_MS_MAX) throw new Error('redis-server does not answer', { cause: answer })
    await sleep(POLL_MS)
  }
}

function configOf({ folder, settings = {}, sentinel, tls }: RedisNodeOptions, port: number): string {
  const ports =
    tls === undefined
      ? { port: String(port) }
      : {
          port: '0',
          'tls-port': String(port),
          'tls-cert-file': tls.certFile,
          'tls-key-file': tls.keyFile,
          'tls-ca-cert-file': tls.caFile,
          'tls-auth-clients': 'no',
        }
  const usual = sentinel === true ? {} : { save: '""' }
  const all = { bind: HOST, dir: folder, ...ports, ...usual, ...settings }
  return Object.entries(all)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}

export interface RedisSet {
  readonly primary: RedisNode
  readonly replica: RedisNode
  readonly sentinel: RedisNode
  readonly url: string
  close(): Promise<void>
}

/** A primary, a replica that has caught up, and a sentinel that alone decides. */
export async function startRedisSet(
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<RedisSet> {
  const primary = await startRedis({ folder: join(folder, 'primary'), settings })
  const replica = await startRedis({
    folder: join(folder, 'replica'),
    settings: { ...settings, replicaof: `${HOST} ${primary.port}` },
  })
  const nodes = [primary, replica]
  await until('the replica has caught up', async () =>
    String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
  )
  const sentinel = await startRedis({
    folder: join(folder, 'sentinel'),
    sentinel: true,
    settings: {
      'sentinel monitor': `shop ${HOST} ${primary.port} 1`,
      'sentinel down-after-milliseconds': 'shop 1000',
      'sentinel failover-timeout': 'shop 10000',
    },
  })
  await until('the sentinel knows the replica', async () =>
    String(await sentinel.ask('INFO', 'sentinel')).includes('slaves=1'),
  )
  return {
    primary,
    replica,
    sentinel,
    url: `redis-sentinel://${HOST}:${sentinel.port}/shop/0`,
    close: async () => void (await Promise.all([...nodes, sentinel].map((one) => one.stop('SIGKILL')))),
  }
}

export interface RedisCluster {
  readonly nodes: readonly RedisNode[]
  readonly url: string
  close(): Promise<void>
}

/** Three primaries, each with a third of the slots. */
export async function startRedisCluster(folder: string): Promise<RedisCluster> {
  const nodes: RedisNode[] = []
  for (const name of ['one', 'two', 'three'])
    nodes.push(
      await startRedis({
        folder: join(folder, name),
        settings: {
          'cluster-enabled': 'yes',
          'cluster-config-file': 'nodes.conf',
          'cluster-node-timeout': '2000',
        },
      }),
    )
  const addresses = nodes.map(({ port }) => `${HOST}:${port}`)
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'])
  for (const node of nodes)
    await until('the cluster is whole', async () =>
      String(await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'),
    )
  return {
    nodes,
    url: `redis-cluster://${addresses.join(',')}`,
    close: async () => void (await Promise.all(nodes.map((node) => node.stop('SIGKILL')))),
  }
}

/** An authority and a certificate for 127.0.0.1, made with openssl. */
export async function makeCertificates(folder: string): Promise<RedisTls> {
  await mkdir(folder, { recursive: true })
  const at = (name: string): string => join(folder, name)
  const openssl = (...values: string[]) => run('openssl', values)
  const key = ['-newkey', 'rsa:2048', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=Redrive test',
  )
  await openssl('req', ...key, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=redis')
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost')
  await openssl(
    ...[
      'x509',
      '-req',
      '-in',
      at('server.csr'),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
    ],
    ...['-out', at('server.pem'), '-days', '2', '-extfile', at('names')],
  )
  return { caFile: at('ca.pem'), certFile: at('server.pem'), keyFile: at('server.key') }
}

export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (let waitedMs = 0; !(await holds().catch(() => false)); waitedMs += POLL_MS) {
    if (waitedMs > timeoutMs) throw new Error(`not in time: ${what}`)
    await sleep(POLL_MS)
  }
}
