import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { reachablePostgres, unprivilegedAccount } from '../../src-main/sandbox/postgres-binaries.ts'
import { databaseDir, endServer, startServer, SUPERUSER } from '../../src-main/sandbox/postgres-server.ts'
import type { ServerPlace } from '../../src-main/sandbox/postgres-server.ts'
import { rawText } from './postgres-server.ts'
import type { Cells, TestDatabase } from './postgres-server.ts'

const START_TIMEOUT_MS = 120_000
const PASSWORD = 'of-the-test'
const DATABASE = 'postgres'
/** A pass for everybody to go through, as `mktemp -d` does not give it. */
const MAY_ENTER = 0o711

/** A PostgreSQL of the test's own, which may be stopped and started without troubling anybody. */
export interface PostgresCluster {
  readonly database: TestDatabase
  readonly password: string
  /** `fast` says goodbye and ends the transactions; `immediate` is a crash, and the start recovers. */
  stop(mode: 'fast' | 'immediate'): Promise<void>
  /** On the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

export async function startPostgresCluster(): Promise<PostgresCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-cluster-'))
  await chmod(folder, MAY_ENTER)
  const account = await unprivilegedAccount()
  const place: ServerPlace = {
    native: await reachablePostgres(account, folder),
    home: join(folder, 'home'),
    account,
  }
  const { port } = await startServer(place, PASSWORD, AbortSignal.timeout(START_TIMEOUT_MS))
  const url = `postgres://${SUPERUSER}@127.0.0.1:${port}/${DATABASE}`
  const control = async (...words: readonly string[]): Promise<void> => {
    const options = { cwd: place.home, env: { ...process.env, LC_ALL: 'C' }, ...account }
    const args = ['-D', databaseDir(place.home), '-w', ...words]

    await promisify(execFile)(join(place.native, 'bin', 'pg_ctl'), args, {
      ...options,
      timeout: START_TIMEOUT_MS,
    })
  }
  return {
    password: PASSWORD,
    database: openWhenAsked(url, PASSWORD),
    stop: (mode) => control('stop', '-m', mode),
    start: () => control('start', '-l', join(place.home, 'server.log'), '-o', `-p ${port}`),
    async close() {
      await endServer(place)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A connection for each question: none would live through a restart. */
export function openWhenAsked(url: string, password: string): TestDatabase {
  const withPassword = new URL(url)
  withPassword.password = password
  return {
    driver: 'postgres',
    name: withPassword.pathname.slice(1),
    url,
    async sql(text, values): Promise<readonly Cells[]> {
      const client = new pg.Client({ connectionString: withPassword.href, types: rawText })
      client.on('error', () => undefined)
      await client.connect()
      try {
        return (await client.query<Record<string, string | null>>(text, values && [...values])).rows
      } finally {
        await client.end()
      }
    },
    close: () => Promise.resolve(),
  }
}
