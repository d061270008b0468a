import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { found, kafkaJars } from './kafka-jars.ts'
import { writeKeys } from './kafka-keys.ts'

const START_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 30_000
const POLL_MS = 50
const HEAP = '-Xmx384m'
const run = promisify(execFile)

/** Who may log in, on the listeners `sasl` and `saslTls`. `looker` may describe and write nothing. */
export const kafkaUsers = { admin: 'admin-secret', scram: 'scram-secret', looker: 'looker-secret' } as const

export interface KafkaPorts {
  /** No login, no encryption; whoever comes here may do everything. */
  readonly plain: number
  readonly sasl: number
  readonly tls: number
  readonly controller: number
}

/** One Kafka of the tests: KRaft, broker and controller in one JVM. Its state is its folder; any process may stop it. */
export interface KafkaNode {
  readonly folder: string
  readonly version: string
  readonly ports: KafkaPorts
  /** CA of the listener `tls`. */
  readonly caFile: string
}

/** Makes and starts a node. It ends with the process `owner`, whatever becomes of the one that asked. */
export async function makeKafkaNode(folder: string, version: string, owner: number): Promise<KafkaNode> {
  await found('java', ['-version'], 'Java is missing: the Kafka of the tests needs a JDK 17 or newer')
  const jars = await kafkaJars(version)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const [plain, sasl, tls, controller] = await freePorts(4)
  const ports = { plain, sasl, tls, controller } as KafkaPorts
  const caFile = await writeKeys(folder)
  await writeFile(join(folder, 'server.properties'), await properties(folder, ports))
  await format(folder, jars)
  const node = { folder, version, ports, caFile }
  await startKafkaNode(node, owner)
  return node
}

async function format(folder: string, jars: string): Promise<void> {
  const scram = `SCRAM-SHA-256=[name=scram,password=${kafkaUsers.scram}]`
  const scram512 = `SCRAM-SHA-512=[name=scram,password=${kafkaUsers.scram}]`
  const words = ['format', '-t', 'cmVkcml2ZS10ZXN0cy0xMg', '-c', join(folder, 'server.properties')]
  await run('java', [
    ...['-cp', `${jars}/*`, 'kafka.tools.StorageTool', ...words],
    ...['--add-scram', scram, '--add-scram', scram512],
  ])
}

export async function startKafkaNode(node: KafkaNode, owner: number): Promise<void> {
  const { folder, version, ports } = node
  await mkdir(folder, { recursive: true })
  const jars = await kafkaJars(version)
  const java = [
    ...['java', HEAP, '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
    ...['-cp', `${jars}/*`, 'kafka.Kafka', join(folder, 'server.properties')],
  ]
  // A test run that is killed leaves no broker behind: the shell watches its owner.
  const watch = `"$@" >>"${folder}/log" 2>&1 & pid=$!; echo $pid >"${folder}/pid"
    while kill -0 ${owner} 2>/dev/null && kill -0 $pid 2>/dev/null; do sleep 1; done; kill $pid 2>/dev/null; wait $pid`
  spawn('sh', ['-c', watch, 'sh', ...java], { detached: true, stdio: 'ignore' }).unref()
  const until = Date.now() + START_TIMEOUT_MS
  while (!(await listens(ports.plain))) {
    if (Date.now() > until) throw new Error(`Kafka ${version} did not start: ${await tail(folder)}`)
    await sleep(POLL_MS)
  }
}

/** What is stored stays. `kill` is a crash. */
export async function stopKafkaNode(
  { folder }: KafkaNode,
  signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<void> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
  if (isAlive(pid)) process.kill(pid, signal)
  const until = Date.now() + STOP_TIMEOUT_MS
  while (isAlive(pid)) {
    if (Date.now() > until) process.kill(pid, 'SIGKILL')
    await sleep(POLL_MS)
  }
}

export async function isRunning({ folder, ports }: KafkaNode): Promise<boolean> {
  const file = join(folder, 'pid')
  if (!existsSync(file) || !isAlive(Number(await readFile(file, 'utf8')))) return false
  return await listens(ports.plain)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function tail(folder: string): Promise<string> {
  return (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).split('\n').slice(-20).join('\n')
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports
}

async function properties(folder: string, ports: KafkaPorts): Promise<string> {
  const { plain, sasl, tls, controller } = ports
  const address = (name: string, port: number): string => `${name}://127.0.0.1:${port}`
  const clients = [address('PLAIN', plain), address('SASL', sasl), address('TLS', tls)]
  const login = 'org.apache.kafka.common.security'
  const users = `user_admin="${kafkaUsers.admin}" user_looker="${kafkaUsers.looker}"`
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: [...clients, address('CONTROLLER', controller)].join(','),
    'advertised.listeners': clients.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL',
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.sasl.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required ${users};`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl.oauthbearer.sasl.jaas.config': `${login}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin";`,
    'listener.name.tls.ssl.keystore.type': 'PEM',
    'listener.name.tls.ssl.keystore.location': join(folder, 'server.pem'),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin;User:scram',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': true,
    'num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    'log.cleaner.backoff.ms': 500,
    'controlled.shutdown.enable': false,
  }
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
