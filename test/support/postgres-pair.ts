import { execFile } from 'node:child_process'
import { appendFile, chmod, chown, mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unprivilegedAccount } from '../../src-main/sandbox/postgres-binaries.ts'
import type { Account } from '../../src-main/sandbox/postgres-binaries.ts'
import { openWhenAsked } from './postgres-cluster.ts'
import type { TestDatabase } from './postgres-server.ts'

/** Debian's: the sandbox's PostgreSQL comes without what copies a running server. */
const INSTALLED = '/usr/lib/postgresql'
const TOOL_TIMEOUT_MS = 120_000
const MAY_ENTER = 0o711
const SUPERUSER = 'postgres'

/** A primary with a streaming standby of its own, both of the test. */
export interface PostgresPair {
  /** A new database; on the standby it is there once that has replayed it. */
  database(name: string): Promise<{ readonly primary: TestDatabase; readonly replica: TestDatabase }>
  readonly replicaUrl: (database: string) => string
  stopReplica(): Promise<void>
  startReplica(): Promise<void>
  /** What the server has written down so far, each statement with who sent it. */
  log(of: 'primary' | 'replica'): Promise<string>
  close(): Promise<void>
}

export async function startPostgresPair(): Promise<PostgresPair> {
  const bin = await installedBin()
  const folder = await mkdtemp(join(tmpdir(), 'redrive-pair-'))
  await chmod(folder, MAY_ENTER)
  const account = await unprivilegedAccount()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  if (account !== null) await chown(home, account.uid, account.gid)
  const tool = (name: string, ...args: readonly string[]) => run(join(bin, name), args, { home, account })
  const data = { primary: join(home, 'primary'), replica: join(home, 'replica') }
  const logFile = { primary: join(home, 'primary.log'), replica: join(home, 'replica.log') }
  const port = { primary: await freePort(), replica: await freePort() }
  const start = (of: 'primary' | 'replica') =>
    tool('pg_ctl', 'start', '-w', '-D', data[of], '-l', logFile[of], '-o', `-p ${port[of]}`)
  const stop = (of: 'primary' | 'replica') => tool('pg_ctl', 'stop', '-w', '-m', 'fast', '-D', data[of])
  await tool(
    'initdb',
    '-D',
    data.primary,
    '-U',
    SUPERUSER,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  )
  await appendFile(join(data.primary, 'postgresql.conf'), SETTINGS)
  await start('primary')
  const source = ['-h', '127.0.0.1', '-p', String(port.primary), '-U', SUPERUSER]
  try {
    await tool(
      'pg_basebackup',
      ...source,
      '-D',
      data.replica,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    )
    await start('replica')
  } catch (error) {
    await stop('primary')
    throw error
  }
  const url = (of: 'primary' | 'replica', name: string) =>
    `postgres://${SUPERUSER}@127.0.0.1:${port[of]}/${name}`
  return {
    replicaUrl: (name) => url('replica', name),
    async database(name) {
      await openWhenAsked(url('primary', 'postgres'), '').sql(`create database "${name}"`)
      return {
        primary: openWhenAsked(url('primary', name), ''),
        replica: openWhenAsked(url('replica', name), ''),
      }
    },
    stopReplica: () => stop('replica'),
    startReplica: () => start('replica'),
    log: (of) => readFile(logFile[of], 'utf8'),
    async close() {
      await Promise.allSettled([stop('replica'), stop('primary')])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Statements are written down. */
const SETTINGS = `
fsync = off
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = replica
shared_buffers = 64MB
lc_messages = 'C'
autovacuum = off
log_statement = 'all'
`

async function installedBin(): Promise<string> {
  const versions = await readdir(INSTALLED).catch(() => [])
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0]
  if (newest === undefined)
    throw new Error(`there is no PostgreSQL under ${INSTALLED}, which the tests' standby needs`)
  return join(INSTALLED, newest, 'bin')
}

async function run(
  file: string,
  args: readonly string[],
  { home, account }: { readonly home: string; readonly account: Account | null },
): Promise<void> {
  const options = { cwd: home, env: { ...process.env, LC_ALL: 'C' }, timeout: TOOL_TIMEOUT_MS, ...account }
  await promisify(execFile)(file, args, options)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
