import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect } from 'amqplib'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 200
/** Where packages put the scripts themselves; those on the path change the user and with it the home. */
const SCRIPTS = ['/usr/lib/rabbitmq/bin', '/opt/rabbitmq/sbin', '/usr/local/sbin'].find((folder) =>
  existsSync(join(folder, 'rabbitmq-server')),
)
/** Folder of another system that is entered with chroot, see rabbit4-root.ts; null: the machine's own RabbitMQ. */
const ROOT = process.env['REDRIVE_TEST_RABBIT_ROOT'] ?? null
const run = promisify(execFile)

export interface RabbitNode {
  readonly port: number
  /** Of the management API; null: its plugin is not enabled. */
  readonly managementPort: number | null
  /** rabbitmqctl of this node. */
  control(...words: readonly string[]): Promise<string>
  /** The command of that: the words before those of the call, and the environment. */
  readonly controller: { readonly command: readonly string[]; readonly env: NodeJS.ProcessEnv }
  /** Ends the broker; what is durable stays. */
  stop(): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

/** A RabbitMQ of the test's own, guest/guest, for what holds for a whole broker: an alarm would block other tests. */
export async function startRabbitNode({
  root = ROOT,
  management = false,
}: { readonly root?: string | null; readonly management?: boolean } = {}): Promise<RabbitNode> {
  const { outside, directory } = await folder(root)
  const [port, distribution, managementPort] = [await freePort(), await freePort(), await freePort()]
  if (management) await writeFile(join(outside, 'plugins'), '[rabbitmq_management].\n')
  const name = `redrive_${port}@localhost`
  const env = {
    ...process.env,
    // A name server of the other system's own: the machine's may speak of another age.
    ...(root === null ? {} : { ERL_EPMD_PORT: String(await freePort()), ERL_EPMD_ADDRESS: '127.0.0.1' }),
    // The cookie that server and rabbitmqctl share is kept at home.
    HOME: directory,
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: directory,
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    ...(management
      ? {
          RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-rabbitmq_management tcp_config [{port,${managementPort}},{ip,"127.0.0.1"}]`,
        }
      : {}),
    RABBITMQ_CONFIG_FILE: join(directory, 'none'),
    RABBITMQ_PID_FILE: join(directory, 'pid'),
  }
  const launch = () => {
    const child = spawn(...scriptOf(root, 'rabbitmq-server'), { stdio: 'ignore', env })
    return { child, exited: once(child, 'exit') }
  }
  let server = launch()
  const stop = async (): Promise<void> => {
    server.child.kill('SIGTERM')
    await server.exited
  }
  const close = async (): Promise<void> => {
    await stop()
    if (root !== null) await run('chroot', [root, 'epmd', '-kill'], { env }).catch(() => undefined)
    await rm(outside, { recursive: true, force: true })
  }
  const untilUp = async (): Promise<void> => {
    const until = Date.now() + START_TIMEOUT_MS
    while (!(await answers(port))) {
      if (Date.now() > until || server.child.exitCode !== null) {
        await close()
        throw new Error('a RabbitMQ node of the test did not start')
      }
      await wait(POLL_MS)
    }
  }
  await untilUp()
  const start = async (): Promise<void> => {
    server = launch()
    await untilUp()
  }
  const control = async (...words: readonly string[]): Promise<string> => {
    const [command, before] = scriptOf(root, 'rabbitmqctl')
    const { stdout } = await run(command, [...before, '--quiet', '-n', name, ...words], { env })
    return stdout
  }
  const controller = { command: scriptOf(root, 'rabbitmqctl').flat(), env }
  const plugged = { managementPort: management ? managementPort : null }
  return { port, ...plugged, control, controller, stop, start, close }
}

/** Where the node keeps its state: as this process sees it, and as the node does. */
async function folder(root: string | null) {
  const outside = await mkdtemp(join(root ?? '', tmpdir(), 'redrive-rabbit-'))
  return { outside, directory: root === null ? outside : `/${relative(root, outside)}` }
}

/** Command and first words. */
function scriptOf(root: string | null, script: string): [string, string[]] {
  // Without /proc its memory is not watched. The mount is seen by this process alone, and ends with it.
  const enter = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
  if (root !== null)
    return ['unshare', ['--mount', 'sh', '-c', enter, root, `/usr/lib/rabbitmq/bin/${script}`]]
  if (SCRIPTS === undefined) throw new Error('rabbitmq-server is not installed')
  return [join(SCRIPTS, script), []]
}

async function answers(port: number): Promise<boolean> {
  try {
    const connection = await connect({ hostname: '127.0.0.1', port, username: 'guest', password: 'guest' })
    await connection.close()
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
