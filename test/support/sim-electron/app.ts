import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerTo, record } from './control.ts'
import { closeBrowser } from './browser.ts'
import { schemesAreFixed } from './scheme.ts'

const PROJECT_DIR = process.cwd()

interface Closable {
  close(): void
}

/** Lifecycle as documented: before-quit, windows close, will-quit (may be prevented), quit, end of the process. */
class App extends EventEmitter {
  readonly isPackaged = process.env['SIM_PACKAGED'] === '1'
  windows: () => readonly Closable[] = () => []
  readonly #paths = new Map<string, string>([['userData', String(process.env['SIM_USER_DATA'])]])
  readonly #ready: Promise<void>
  #becomeReady: () => void = () => undefined
  #lock: string | null = null
  #exitCode = 0

  constructor() {
    super()
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve
    })
  }

  /** The main module was evaluated: from now on schemes are fixed and windows may open. */
  start(): void {
    schemesAreFixed()
    this.emit('ready')
    this.#becomeReady()
  }

  whenReady(): Promise<void> {
    return this.#ready
  }

  getPath(name: string): string {
    const path = this.#paths.get(name) ?? join(tmpdir(), 'sim-electron', name)
    mkdirSync(path, { recursive: true })
    return path
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path)
  }

  getAppPath(): string {
    return PROJECT_DIR
  }

  getLocale(): string {
    return process.env['SIM_LOCALE'] ?? 'en-US'
  }

  setBadgeCount(count: number): boolean {
    record('badge', count)
    return true
  }

  setAsDefaultProtocolClient(scheme: string): boolean {
    record('protocol-client', scheme)
    return true
  }

  getVersion(): string {
    const { version } = JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as {
      version: string
    }
    return version
  }

  requestSingleInstanceLock(): boolean {
    const file = join(this.getPath('userData'), 'SingletonLock.sim')
    if (existsSync(file) && isAlive(Number(readFileSync(file, 'utf8')))) return false
    writeFileSync(file, String(process.pid))
    this.#lock = file
    return true
  }

  quit(): void {
    this.emit('before-quit', { preventDefault: () => undefined })
    for (const window of this.windows()) window.close()
    let prevented = false
    this.emit('will-quit', { preventDefault: () => (prevented = true) })
    if (!prevented) void this.#end()
  }

  exit(code: number): void {
    this.#exitCode = code
    void this.#end()
  }

  async #end(): Promise<void> {
    this.emit('quit', {}, this.#exitCode)
    await closeBrowser()
    if (this.#lock !== null) rmSync(this.#lock, { force: true })
    process.exit(this.#exitCode)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export const app = new App()

// What the platform would hand over: the command line of a second start, and on macOS links and files.
answerTo('second-instance', (words) =>
  app.emit('second-instance', {}, ['electron', ...(words as string[])], '/'),
)
answerTo('open-url', (link) => app.emit('open-url', { preventDefault: () => undefined }, link))
answerTo('open-file', (file) => app.emit('open-file', { preventDefault: () => undefined }, file))
