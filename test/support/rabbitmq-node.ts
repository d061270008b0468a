import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect } from 'amqplib'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 200
/** Where packages put the scripts themselves; those on the path change the user and with it the home. */
const SCRIPTS = ['/usr/lib/rabbitmq/bin', '/opt/rabbitmq/sbin', '/usr/local/sbin'].find((folder) =>
  existsSync(join(folder, 'rabbitmq-server')),
)
const run = promisify(execFile)

export interface RabbitNode {
  readonly port: number
  /** rabbitmqctl of this node. */
  control(...words: readonly string[]): Promise<string>
  /** Ends the broker; what is durable stays. */
  stop(): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

/** A RabbitMQ of the test's own, guest/guest, for what holds for a whole broker: an alarm would block other tests. */
export async function startRabbitNode(): Promise<RabbitNode> {
  if (SCRIPTS === undefined) throw new Error('rabbitmq-server is not installed')
  const directory = await mkdtemp(join(tmpdir(), 'redrive-rabbit-'))
  const [port, distribution] = [await freePort(), await freePort()]
  const name = `redrive_${port}@localhost`
  const env = {
    ...process.env,
    // The cookie that server and rabbitmqctl share is kept at home.
    HOME: directory,
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: directory,
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(directory, 'none'),
    RABBITMQ_PID_FILE: join(directory, 'pid'),
  }
  let server = launch(env)
  const stop = async (): Promise<void> => {
    server.child.kill('SIGTERM')
    await server.exited
  }
  const close = async (): Promise<void> => {
    await stop()
    await rm(directory, { recursive: true, force: true })
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
    server = launch(env)
    await untilUp()
  }
  const control = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run(join(SCRIPTS, 'rabbitmqctl'), ['--quiet', '-n', name, ...words], { env })
    return stdout
  }
  return { port, control, stop, start, close }
}

function launch(env: NodeJS.ProcessEnv) {
  const child = spawn(join(SCRIPTS ?? '', 'rabbitmq-server'), [], { stdio: 'ignore', env })
  return { child, exited: once(child, 'exit') }
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
