import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { serverAddress } from './postgres-server.ts'

const START_TIMEOUT_MS = 10_000
const BINARY = 'pgbouncer'

export interface PgBouncer {
  readonly port: number
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/**
 * A PgBouncer of this test's own in transaction mode, with `servers` connections to PostgreSQL and passwords checked
 * by SCRAM. Ended with the test. Fails the test where the pgbouncer binary is missing.
 */
export async function startPgBouncer(options: {
  readonly servers: number
  readonly users: Readonly<Record<string, string>>
}): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-pgbouncer-'))
  const port = await freePort()
  const { host, port: serverPort, user } = serverAddress()
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const users = Object.entries(options.users).map(([name, password]) => `${quote(name)} ${quote(password)}`)
  await writeFile(join(folder, 'users.txt'), `${users.join('\n')}\n`)
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${host} port=${serverPort} user=${user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
default_pool_size = ${options.servers}
`,
  )
  // It refuses to run as root.
  const asUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  if (process.getuid?.() === 0) {
    for (const path of [folder, join(folder, 'users.txt'), join(folder, 'pgbouncer.ini')]) {
      await chown(path, 65_534, 65_534)
    }
  }
  const child = spawn(BINARY, [join(folder, 'pgbouncer.ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
    ...asUser,
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.pid !== undefined) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  })
  await new Promise<void>((resolve, reject) => {
    let log = ''
    const timer = setTimeout(() => reject(new Error(`pgbouncer did not start: ${log}`)), START_TIMEOUT_MS)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(new Error('the pgbouncer binary is missing (apt-get install pgbouncer)', { cause: error }))
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`pgbouncer ended with ${code}: ${log}`))
    })
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (!log.includes('process up')) return
      clearTimeout(timer)
      resolve()
    })
  })
  return { port }
}
