import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import type { HostLog } from '../ports/surroundings.ts'
import { locatePostgres, mayReach, NATIVE_COPY } from './postgres-binaries.ts'
import type { Account } from './postgres-binaries.ts'
import { endServer } from './postgres-server.ts'
import { identify, isSameProcess } from './processes.ts'

/** A folder whose owner file is missing this long was left by a start that died at its first step. */
const NAMELESS_FOLDER_MS_MAX = 60_000
const OUTSIDE_PREFIX = 'redrive-sandbox-'
const OWNER_FILE = 'owner.json'

const owner = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string(),
  /** Where PostgreSQL lives. */
  home: z.string(),
  uid: z.number().int().nullable(),
  gid: z.number().int().nullable(),
})
type Owner = z.infer<typeof owner>

/** What one run of the sandbox keeps on disk. Every run has its own folder, so that none inherits anything. */
export interface RunFolder {
  /** For the engine's local store. */
  readonly storeDir: string
  /** For PostgreSQL, made but empty. */
  readonly home: string
  remove(): Promise<void>
}

function runsDir(dataDir: string): string {
  return join(resolve(dataDir), 'sandbox')
}

/** Makes the folder of this run, and writes down who owns it before anything is started in it. */
export async function makeRunFolder(dataDir: string, account: Account | null): Promise<RunFolder> {
  const self = await identify(process.pid)
  const folder = join(runsDir(dataDir), `run-${randomBytes(6).toString('hex')}`)
  const storeDir = join(folder, 'store')
  await mkdir(storeDir, { recursive: true, mode: 0o755 })
  const home = await makeHome(folder, account)
  const mine: Owner = {
    pid: process.pid,
    startedAt: self?.startedAt ?? '',
    home,
    uid: account?.uid ?? null,
    gid: account?.gid ?? null,
  }
  await writeFile(join(folder, 'owner.tmp'), JSON.stringify(mine))
  await rename(join(folder, 'owner.tmp'), join(folder, OWNER_FILE))
  return { storeDir, home, remove: () => removeRun(folder, home) }
}

/** Inside the run's folder, or under the system's temporary folder where the account could not come in there. */
async function makeHome(folder: string, account: Account | null): Promise<string> {
  if (account === null || (await mayReach(folder, account))) {
    const home = join(folder, 'postgres')
    await mkdir(home, { mode: 0o700 })
    return home
  }
  return mkdtemp(join(tmpdir(), OUTSIDE_PREFIX))
}

async function removeRun(folder: string, home: string): Promise<void> {
  await rm(home, { recursive: true, force: true, maxRetries: 3 })
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

/** Ends and removes what runs left behind whose process is gone. A run that is alive is left alone. */
export async function removeLeftovers(dataDir: string, log: HostLog): Promise<void> {
  const runs = await readdir(runsDir(dataDir)).catch(() => [])
  for (const name of runs.filter((entry) => entry.startsWith('run-'))) {
    const folder = join(runsDir(dataDir), name)
    try {
      if (await removeLeftover(folder)) log.info({ folder: name }, 'an earlier sandbox was cleaned up')
    } catch (error) {
      log.warn({ folder: name, err: error }, 'an earlier sandbox could not be cleaned up')
    }
  }
}

async function removeLeftover(folder: string): Promise<boolean> {
  const left = await readOwner(folder)
  if (left === null) {
    const { mtimeMs } = await stat(folder)
    if (Date.now() - mtimeMs < NAMELESS_FOLDER_MS_MAX) return false
    await rm(folder, { recursive: true, force: true })
    return true
  }
  if (await isSameProcess(left)) return false
  // The file lies where anybody who may write our data could edit it: remove only what a run can have made.
  const isPlausible =
    left.home === join(folder, 'postgres') ||
    (dirname(left.home) === resolve(tmpdir()) && left.home.includes(OUTSIDE_PREFIX))
  if (isPlausible) {
    const account = left.uid === null || left.gid === null ? null : { uid: left.uid, gid: left.gid }
    const copy = join(left.home, NATIVE_COPY)
    await endServer({ native: existsSync(copy) ? copy : locatePostgres(), home: left.home, account })
    await removeRun(folder, left.home)
  }
  return isPlausible
}

async function readOwner(folder: string): Promise<Owner | null> {
  try {
    const parsed = owner.safeParse(JSON.parse(await readFile(join(folder, OWNER_FILE), 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
