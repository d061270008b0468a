import { execFile } from 'node:child_process'
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RedriveError } from '../domain/errors.ts'
import type { Account } from './postgres-binaries.ts'
import { identify } from './processes.ts'

/** Another process may take the free port before PostgreSQL does. */
const START_ATTEMPTS_MAX = 3
const START_WAIT_SEC = 30
const STOP_WAIT_SEC = 10
const KILL_WAIT_MS = 5_000
const KILL_POLL_MS = 50
const LOG_TAIL_CHARS = 1_000
export const SUPERUSER = 'sandbox'

export interface ServerPlace {
  /** Folder of `bin/`. */
  readonly native: string
  /** Folder that the account owns; the cluster is made in it. */
  readonly home: string
  readonly account: Account | null
}

export interface Server {
  readonly port: number
  readonly pid: number
}

export function databaseDir(home: string): string {
  return join(home, 'cluster')
}

/**
 * Makes a cluster and starts it on a free port of 127.0.0.1. It is throw-away data: nothing is synced to disk.
 * Started by pg_ctl, which detaches it from our terminal: Ctrl-C must not end the database before the engine has
 * settled what it claimed.
 */
export async function startServer(
  place: ServerPlace,
  password: string,
  signal: AbortSignal,
): Promise<Server> {
  await initialise(place, password, signal)
  const logFile = join(place.home, 'server.log')
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const flags = ['-D', databaseDir(place.home), '-l', logFile, '-t', String(START_WAIT_SEC)]
    try {
      await tool(place, 'pg_ctl', ['start', '-w', ...flags, '-o', `-p ${port}`], signal)
      const pid = await recordedPid(place.home)
      if (pid === null) throw new Error('the server has written no pid file')
      return { port, pid }
    } catch (error) {
      await endServer(place)
      if (attempt < START_ATTEMPTS_MAX && !signal.aborted) continue
      throw failed(`PostgreSQL did not start: ${await tail(logFile)}`, error)
    }
  }
}

async function initialise(place: ServerPlace, password: string, signal: AbortSignal): Promise<void> {
  await mkdir(place.home, { recursive: true, mode: 0o700 })
  const passwordFile = join(place.home, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (place.account !== null) {
    await chown(place.home, place.account.uid, place.account.gid)
    await chown(passwordFile, place.account.uid, place.account.gid)
  }
  const settings = {
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '60',
    shared_buffers: '64MB',
    lc_messages: 'C',
    // Outboxes live on autovacuum; the demo is small, so it may run often.
    autovacuum_naptime: '20s',
  }
  try {
    await tool(
      place,
      'initdb',
      [
        `--pgdata=${databaseDir(place.home)}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      signal,
    )
  } catch (error) {
    throw failed('PostgreSQL could not create its files', error)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** Ends the server of this folder if it runs. A pid that belongs to anything else by now is left alone. */
export async function endServer(place: ServerPlace): Promise<void> {
  const pid = await runningPid(place.home)
  if (pid === null) return
  const wait = ['-w', '-t', String(STOP_WAIT_SEC)]
  for (const mode of ['fast', 'immediate']) {
    try {
      await tool(place, 'pg_ctl', ['stop', '-D', databaseDir(place.home), '-m', mode, ...wait])
    } catch {
      // It may have ended by itself, or does not answer to this mode: the look below decides.
    }
    if ((await runningPid(place.home)) === null) return
  }
  kill(pid)
  const until = Date.now() + KILL_WAIT_MS
  while (Date.now() < until && (await runningPid(place.home)) !== null) await sleep(KILL_POLL_MS)
}

/** For the last moment of our own process, where nothing can be waited for. */
export function kill(pid: number): void {
  try {
    process.kill(pid, process.platform === 'win32' ? 'SIGKILL' : 'SIGQUIT')
  } catch {
    // It has ended.
  }
}

/** The pid of the server that runs on this folder; null where none does. */
export async function runningPid(home: string): Promise<number | null> {
  const pid = await recordedPid(home)
  if (pid === null) return null
  const found = await identify(pid)
  const isOurs = found !== null && /postgres/.test(found.command) && found.command.includes(databaseDir(home))
  return isOurs ? pid : null
}

async function recordedPid(home: string): Promise<number | null> {
  try {
    const [first] = (await readFile(join(databaseDir(home), 'postmaster.pid'), 'utf8')).split('\n')
    const pid = Number(first)
    return Number.isInteger(pid) && pid > 1 ? pid : null
  } catch {
    return null
  }
}

/** Runs one of PostgreSQL's programs to its end. */
async function tool(
  place: ServerPlace,
  name: 'initdb' | 'pg_ctl',
  args: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const file = join(place.native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  await new Promise<void>((resolve, reject) => {
    const child = execFile(
      file,
      args,
      {
        cwd: place.home,
        env: { ...process.env, LC_ALL: 'C' },
        windowsHide: true,
        ...place.account,
        ...(signal === undefined ? {} : { signal }),
      },
      (error, _stdout, stderr) => {
        if (error === null) resolve()
        else reject(new Error(`${name}: ${stderr.trim() || error.message}`, { cause: error }))
      },
    )
    child.stdin?.end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => 'it wrote no log')
  return text.trim().slice(-LOG_TAIL_CHARS)
}

function failed(what: string, cause: unknown): RedriveError {
  const words = cause instanceof Error ? cause.message : String(cause)
  const hint = /shared librar|Library not loaded/.test(words)
    ? ' Its install script has not run: "npm rebuild" with scripts allowed sets up its libraries.'
    : ''
  return new RedriveError('internal', 'later', { reason: `${what} (${words})${hint}` }, { cause })
}
