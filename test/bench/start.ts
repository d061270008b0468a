import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { dropDatabase, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { SimRecord } from '../support/sim-electron/control.ts'
import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const RUN = resolve(import.meta.dirname, '../support/sim-electron/run.ts')
const DATABASE = 'redrive_bench_start'
const MESSAGES = 1_000
const ROUNDS = 7
const START_MS_MAX = 60_000
const RATIO_MAX = 1.5

/** One window with an empty page of an own scheme: what the shell itself takes until a window is there. */
const EMPTY_MAIN = `import { app, BrowserWindow, protocol } from 'electron'

protocol.registerSchemesAsPrivileged([{ scheme: 'empty-app', privileges: { standard: true, secure: true } }])
app.on('window-all-closed', () => app.quit())
void app.whenReady().then(() => {
  const page = '<!doctype html><html lang="en"><head><title>Empty</title></head><body></body></html>'
  protocol.handle('empty-app', () => new Response(page, { headers: { 'content-type': 'text/html' } }))
  return new BrowserWindow({ width: 1440, height: 900, show: false }).loadURL('empty-app://page/')
})
`

/** What is started, and what is true of its page as soon as a person can use it. */
interface Subject {
  /** The application, with its package.json. */
  readonly folder: string
  /** Its profile and data; kept from round to round, as on a desktop. */
  readonly home: string
  readonly usableWhen: string
}

/**
 * From the start of the process to a window that can be used: the unmodified bundles in the simulated Electron against an
 * empty window in the same shell. Usable means drawn, with the engine's answer in it.
 */
export async function benchStart(print: (line: string) => void): Promise<readonly BenchLine[]> {
  if (!existsSync(join(PROJECT_DIR, 'out', 'main', 'index.js'))) throw new Error('run "npm run build" first')
  const scratch = await mkdtemp(join(tmpdir(), 'redrive-bench-start-'))
  await dropDatabase(DATABASE)
  try {
    const empty = await emptyShell(join(scratch, 'empty'))
    const first = await consoleOf(join(scratch, 'first'), {}, `document.querySelector('dl.first')`)
    const counted = `document.querySelector('[data-source=shop] a[href*="failed"]')`
    const source = await consoleOf(join(scratch, 'source'), await filledSource(), counted)
    return await measured({ empty, first, source }, print)
  } finally {
    await dropDatabase(DATABASE)
    await rm(scratch, { recursive: true, force: true })
  }
}

async function emptyShell(folder: string): Promise<Subject> {
  await mkdir(folder, { recursive: true })
  const about = { name: 'empty', version: '0.0.0', type: 'module', main: './main.js' }
  await writeFile(join(folder, 'package.json'), JSON.stringify(about))
  await writeFile(join(folder, 'main.js'), EMPTY_MAIN)
  return { folder, home: folder, usableWhen: `document.readyState === 'complete'` }
}

async function consoleOf(home: string, sources: object, usableWhen: string): Promise<Subject> {
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'redrive.json'), JSON.stringify({ sources }))
  return { folder: PROJECT_DIR, home, usableWhen }
}

async function filledSource(): Promise<object> {
  const database = await openDatabase(DATABASE, true)
  await database.sql(await referenceSchema())
  await database.sql(
    `insert into outbox_message (message_id, exchange, routing_key, type, payload, status, attempts, last_error)
     select gen_random_uuid()::text, 'shop', 'orders.paid', 'OrderPaid', '{"order": 1}', 'failed', 3, 'refused'
     from generate_series(1, $1::int)`,
    [MESSAGES],
  )
  await database.close()
  const shop = {
    driver: 'postgres',
    url: database.url,
    password: { value: serverAddress().password },
    environment: 'development',
    outbox: { profile: 'auto', table: 'outbox_message' },
  }
  return { shop }
}

type Subjects = Readonly<Record<'empty' | 'first' | 'source', Subject>>

/** One start of each in every round, the order turned; the first round warms the profiles up and does not count. */
async function measured(subjects: Subjects, print: (line: string) => void): Promise<readonly BenchLine[]> {
  const names = ['empty', 'first', 'source'] as const
  const ratios: { first: number[]; source: number[] } = { first: [], source: [] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    const ms = { empty: 0, first: 0, source: 0 }
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] ?? 'empty'
      ms[name] = await startedMs(subjects[name])
    }
    if (round === 0) continue
    ratios.first.push(ms.first / ms.empty)
    ratios.source.push(ms.source / ms.empty)
    const said = names.map((name) => `${name} ${Math.round(ms[name])} ms`).join(', ')
    print(`round ${round}: ${said}`)
  }
  return [line('start: nothing connected', ratios.first), line('start: one source, counted', ratios.source)]
}

function line(name: string, ratios: readonly number[]): BenchLine {
  const value = median(ratios)
  return { name, value, limit: RATIO_MAX, ok: value <= RATIO_MAX }
}

/** Milliseconds until the page says that it can be used; the application is ended before this resolves. */
async function startedMs({ folder, home, usableWhen }: Subject): Promise<number> {
  const startedAt = performance.now()
  const child = fork(
    RUN,
    [folder, `--workspace=${join(home, 'redrive.json')}`, `--data=${join(home, 'data')}`],
    {
      // Of taking types out of what runs in the engine's process.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, SIM_USER_DATA: join(home, 'user-data'), SIM_USABLE_WHEN: usableWhen },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  )
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  try {
    return await new Promise<number>((done, failed) => {
      const late = setTimeout(
        () => failed(new Error(`no usable window after ${START_MS_MAX} ms`)),
        START_MS_MAX,
      )
      late.unref()
      void exited.then(() => failed(new Error('the application ended before its window could be used')))
      child.on('message', ({ record }: { record?: SimRecord }) => {
        if (record?.kind === 'usable') done(performance.now() - startedAt)
      })
    })
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}
