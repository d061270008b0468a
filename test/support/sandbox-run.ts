import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { startSandbox } from '../../src-main/sandbox/start-sandbox.ts'
import type { Sandbox } from '../../src-main/sandbox/start-sandbox.ts'

const WAIT_MS = 20_000
const POLL_MS = 100

export async function temporaryFolder(): Promise<string> {
  const folder = await madeFolder()
  onTestFinished(() => removed(folder))
  return folder
}

interface WatchedSandbox extends Sandbox {
  readonly warnings: string[]
}

export async function start(dataDir: string): Promise<WatchedSandbox> {
  const sandbox = await watched(dataDir)
  onTestFinished(() => sandbox.close())
  return sandbox
}

/** One for all tests of a `describe`, which find it as the one before has left it: to start it takes seconds. */
export function sharedSandbox(): () => WatchedSandbox {
  let folder: string | null = null
  let sandbox: WatchedSandbox | null = null
  beforeAll(async () => {
    folder = await madeFolder()
    sandbox = await watched(folder)
  })
  afterAll(async () => {
    await sandbox?.close()
    if (folder !== null) await removed(folder)
  })
  return () => {
    if (sandbox === null) throw new Error('the shared sandbox is there in tests only')
    return sandbox
  }
}

async function madeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-test-'))
  // As the postgres account would meet a usual data folder: it may pass through.
  await chmod(folder, 0o755)
  return folder
}

function removed(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}

async function watched(dataDir: string): Promise<WatchedSandbox> {
  const warnings: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => warnings.push(line) })
  const sandbox = await startSandbox({ dataDir, log })
  return { ...sandbox, warnings }
}

export async function sql<Row extends object>(
  sandbox: Sandbox,
  source: string,
  text: string,
): Promise<Row[]> {
  const config = (await sandbox.workspace.load()).sources[source]!
  const password = config.password as { value: string }
  const url = new URL(config.url)
  const client = new Client({
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    password: password.value,
    database: url.pathname.slice(1),
    ssl: false,
  })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`)
    await new Promise((done) => setTimeout(done, POLL_MS))
  }
}
