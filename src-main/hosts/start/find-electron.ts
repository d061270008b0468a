import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR } from '../common/product.ts'

const PACKAGE_DIR = join(PROJECT_DIR, 'node_modules', 'electron')
const DOWNLOAD_HOST = 'https://github.com/electron/electron/releases/download/'
const PROBE_TIMEOUT_MS = 3_000
/** Without a network the installer may still find the file in its cache; so long it may look. */
const OFFLINE_TIMEOUT_MS = 5_000
const DOWNLOAD_TIMEOUT_MS = 300_000

export type Electron = { readonly binary: string } | { readonly missing: string }

type Env = Readonly<Record<string, string | undefined>>

/** Electron's executable, fetched where it is missing and can be fetched; otherwise the reason why there is none. */
export async function findElectron(
  env: Env,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Electron> {
  const display = missingDisplay(env)
  if (display !== null) return { missing: display }
  const there = installed(env)
  if (there !== null) return { binary: there }
  if (!existsSync(join(PACKAGE_DIR, 'install.js')))
    return { missing: 'the electron package is not installed' }
  say('Fetching Electron…')
  await install(env, signal)
  const fetched = installed(env)
  return fetched === null
    ? { missing: 'its program is not installed and could not be fetched' }
    : { binary: fetched }
}

/** Why no window can be shown here; null where one can. */
function missingDisplay(env: Env): string | null {
  if (process.platform !== 'linux') return null
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'there is no display'
  return process.getuid?.() === 0 ? 'it does not run as root' : null
}

function installed(env: Env): string | null {
  const folder = env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(PACKAGE_DIR, 'dist')
  const binary = join(folder, executableName())
  return existsSync(binary) ? binary : null
}

function executableName(): string {
  const pathFile = join(PACKAGE_DIR, 'path.txt')
  if (existsSync(pathFile)) return readFileSync(pathFile, 'utf8').trim()
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron'
  return process.platform === 'win32' ? 'electron.exe' : 'electron'
}

/** Ends when the installer does, or its time is over: short where its server does not answer. */
async function install(env: Env, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [join(PACKAGE_DIR, 'install.js')], { env, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  const kill = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  const short = setTimeout(kill, OFFLINE_TIMEOUT_MS)
  const long = setTimeout(kill, DOWNLOAD_TIMEOUT_MS)
  void answers(env['ELECTRON_MIRROR'] ?? DOWNLOAD_HOST).then((reachable) => {
    if (reachable) clearTimeout(short)
  })
  await ended
  clearTimeout(short)
  clearTimeout(long)
  signal.removeEventListener('abort', kill)
}

/** Whatever it answers: that it does is what counts. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    return true
  } catch {
    return false
  }
}
