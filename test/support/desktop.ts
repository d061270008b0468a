import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { scratchFolder } from './scratch.ts'
import type { SimRecord } from './sim-electron/control.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const RUN = resolve(import.meta.dirname, 'sim-electron/run.ts')
const START_TIMEOUT_MS = 60_000

export interface DesktopOptions {
  readonly folder?: string
  readonly keyStore?: string
  readonly arguments?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Desktop {
  readonly folder: string
  readonly userData: string
  /** Of the first window. */
  readonly page: Page
  /** Of every window. */
  readonly pages: () => readonly Page[]
  readonly records: readonly SimRecord[]
  readonly output: () => string
  readonly ask: (question: string, detail: unknown) => Promise<unknown>
  /** The exit code, once it has ended by itself or was asked to. */
  readonly exited: Promise<number | null>
  /** Asks the application to quit; the exit code. */
  readonly quit: () => Promise<number | null>
}

/** Runs the built desktop in the simulated Electron. */
export async function startDesktop(options: DesktopOptions = {}): Promise<Desktop> {
  if (!existsSync(join(PROJECT_DIR, 'out', 'main', 'index.js'))) throw new Error('run "npm run build" first')
  const folder = options.folder ?? (await scratchFolder())
  const userData = join(folder, 'user-data')
  const child = fork(
    RUN,
    [
      PROJECT_DIR,
      `--workspace=${join(folder, 'redrive.json')}`,
      `--data=${join(folder, 'data')}`,
      ...(options.arguments ?? []),
    ],
    {
      // Of taking types out of what runs in the engine's process.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {
        ...process.env,
        ...options.env,
        SIM_USER_DATA: userData,
        ...(options.keyStore !== undefined && { SIM_KEY_STORE: options.keyStore }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exited
  })

  const records: SimRecord[] = []
  const answers = new Map<number, (value: unknown) => void>()
  let questions = 0
  const loaded = new Promise<void>((done, failed) => {
    const timer = setTimeout(
      () => failed(new Error(`the desktop did not start:\n${output}`)),
      START_TIMEOUT_MS,
    )
    void exited.then((code) => failed(new Error(`the desktop ended with ${code}:\n${output}`)))
    child.on('message', (message: { sim: string; record: SimRecord; id: number; value: unknown }) => {
      if (message.sim === 'answer') answers.get(message.id)?.(message.value)
      if (message.sim !== 'record') return
      records.push(message.record)
      if (message.record.kind !== 'loaded') return
      clearTimeout(timer)
      done()
    })
  })
  await loaded
  const pages = await windowPages(records)
  const [page] = pages()
  if (page === undefined) throw new Error('the desktop has no window')
  return {
    folder,
    userData,
    page,
    pages,
    records,
    output: () => output,
    ask: (question, detail) =>
      new Promise((done) => {
        questions += 1
        answers.set(questions, done)
        child.send({ sim: 'ask', id: questions, question, detail })
      }),
    exited,
    async quit() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

async function windowPages(records: readonly SimRecord[]): Promise<() => readonly Page[]> {
  const browser = records.find(({ kind }) => kind === 'browser')?.detail as { endpoint: string }
  const connected = await chromium.connectOverCDP(browser.endpoint)
  onTestFinished(() => connected.close())
  return () => connected.contexts().flatMap((context) => context.pages())
}
