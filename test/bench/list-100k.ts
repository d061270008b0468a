import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import type { CDPSession, Page } from 'playwright-core'
import { pino } from 'pino'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'
import { dropDatabase, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'

const DATABASE = 'redrive_bench_list'
const MESSAGES = 100_000
const NEW_ROWS = 10
const ROUNDS = 5
/** The first of them still compile the page's own code; it has been open for hours when it matters. */
const NEWS_ROUNDS = 15
const SCROLL_MS = 4_000
/** Ten rows a frame: faster than anybody reads, slower than a jump. */
const SCROLL_PX = 300
const LOADING_MS_MAX = 300_000
const LIST = '#/inbox?source=bench&q=trouble:failed'
const LOG = pino({ level: 'silent' })

/**
 * Notes when the last message of the engine arrived, before the page hears of it. Rows are there for a person once the frame
 * after them was drawn.
 */
const WATCH = `(() => {
  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', () => { window.arrivedAt = performance.now() })
    }
  }
  window.rowsAfter = (has) => new Promise((done) => {
    const seen = new MutationObserver(() => {
      if (!has()) return
      seen.disconnect()
      const drawnAfter = window.arrivedAt
      const inPage = performance.now() - drawnAfter
      requestAnimationFrame(() => setTimeout(() => done({ inPage, drawn: performance.now() - drawnAfter })))
    })
    seen.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-id'] })
  })
})()`

interface Shown {
  /** Until the rows were in the page, and until they were drawn; ms since the engine's answer arrived. */
  readonly inPage: number
  readonly drawn: number
}

/** The inbox in Chromium over the http host, with 100,000 failed messages to scroll through. */
export async function benchList(print: (line: string) => void): Promise<readonly BenchLine[]> {
  await dropDatabase(DATABASE)
  const database = await openDatabase(DATABASE, true)
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-bench-list-'))
  try {
    await fill(database, MESSAGES)
    await database.sql('vacuum (analyze) outbox_message')
    return await inConsole(database, dataDir, print)
  } finally {
    await database.close()
    await dropDatabase(DATABASE)
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function fill(database: TestDatabase, rows: number): Promise<void> {
  if (rows === MESSAGES) await database.sql(await referenceSchema())
  await database.sql(
    `insert into outbox_message (message_id, chain_key, exchange, routing_key, type, payload, status, attempts, last_error)
     select gen_random_uuid()::text, 'O-' || n % 5000, 'shop', 'orders.paid', 'OrderPaid', '{"order": 1}', 'failed', 3,
       'connect ECONNREFUSED 10.0.0.' || n % 200
     from generate_series(1, $1::int) n`,
    [rows],
  )
}

async function inConsole(
  database: TestDatabase,
  dataDir: string,
  print: (line: string) => void,
): Promise<readonly BenchLine[]> {
  const workspace = {
    sources: {
      bench: {
        driver: 'postgres',
        url: database.url,
        password: { value: serverAddress().password },
        environment: 'development',
        outbox: { profile: 'redrive-reference', table: 'outbox_message' },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: {},
  } satisfies Workspace
  const running = await compose({
    host: 'http',
    version: '0.0.0',
    operator: 'bench',
    dataDir,
    workspace: { load: async () => workspace, save: async () => undefined },
    workspacePath: null,
    secrets: createMemorySecrets({ env: {} }),
    keepsPasswords: false,
    log: LOG,
    memoryBroker: null,
  })
  const rendererDir = resolve(import.meta.dirname, '../../out/renderer')
  const host = await serveHttp({ router: running.router, self: running.self, rendererDir, port: 0, log: LOG })
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
    await page.addInitScript(WATCH)
    await page.goto(host.url)
    return await measured(page, database, print)
  } finally {
    await browser.close()
    await host.close()
    await running.close()
  }
}

async function measured(
  page: Page,
  database: TestDatabase,
  print: (line: string) => void,
): Promise<readonly BenchLine[]> {
  const first: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) first.push((await firstRows(page)).drawn)
  const devtools = await page.context().newCDPSession(page)
  const emptyMb = await heapMb(devtools)
  const loadedMs = await loadAll(page)
  const listMb = (await heapMb(devtools)) - emptyMb
  print(
    `${MESSAGES} messages loaded by scrolling in ${(loadedMs / 1_000).toFixed(1)} s, ${listMb.toFixed(1)} MB`,
  )
  const frames = await scrolled(page)
  const added: number[] = []
  for (let round = 0; round < NEWS_ROUNDS; round += 1) added.push((await newRows(page, database)).inPage)
  return [
    most('list: first rows drawn, ms', median(first), 100),
    { name: 'list: frames a second', value: frames, limit: 55, bound: 'least', ok: frames >= 55 },
    most('list: memory of 100,000, MB', listMb, 60),
    most('list: ten new rows, ms', median(added), 5),
  ]
}

async function firstRows(page: Page): Promise<Shown> {
  await page.getByRole('navigation').getByRole('link', { name: 'Journal' }).click()
  await page.getByRole('button', { name: 'Verify the journal' }).waitFor()
  await page.waitForTimeout(500)
  return page.evaluate<Shown>(
    `(() => {
      const shown = window.rowsAfter(() => document.querySelector('[role=row][data-id]') !== null)
      location.hash = ${JSON.stringify(LIST)}
      return shown
    })()`,
  )
}

/** Page after page, as somebody who scrolls to the end gets them. */
async function loadAll(page: Page): Promise<number> {
  const startedAt = performance.now()
  const deadline = startedAt + LOADING_MS_MAX
  const count = (): Promise<number> =>
    page.evaluate<number>(`(() => {
      const grid = document.querySelector('[role=grid]')
      grid.scrollTop = grid.scrollHeight
      return Number(grid.getAttribute('aria-rowcount'))
    })()`)
  while ((await count()) < MESSAGES) {
    if (performance.now() > deadline) throw new Error(`only ${await count()} rows were loaded`)
    await page.waitForTimeout(20)
  }
  return performance.now() - startedAt
}

function scrolled(page: Page): Promise<number> {
  return page.evaluate<number>(`new Promise((done) => {
    const grid = document.querySelector('[role=grid]')
    grid.scrollTop = 0
    let frames = 0
    let startedAt = 0
    const step = (now) => {
      if (startedAt === 0) startedAt = now
      else frames += 1
      grid.scrollTop += ${SCROLL_PX}
      if (now - startedAt >= ${SCROLL_MS}) done(frames / ((now - startedAt) / 1000))
      else requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })`)
}

/** Messages that failed meanwhile, at the top of the list when it is read again. */
async function newRows(page: Page, database: TestDatabase): Promise<Shown> {
  await page.evaluate(`document.querySelector('[role=grid]').scrollTop = 0`)
  await fill(database, NEW_ROWS)
  const [newest] = await database.sql('select max(id)::text as id from outbox_message')
  const shown = page.evaluate<Shown>(
    `window.rowsAfter(() => document.querySelector('[role=row][data-id="${newest?.['id'] ?? ''}"]') !== null)`,
  )
  await page.getByRole('button', { name: 'Refresh' }).click()
  return shown
}

async function heapMb(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  return usedSize / 1_000_000
}

function most(name: string, value: number, limit: number): BenchLine {
  return { name, value, limit, ok: value <= limit }
}
