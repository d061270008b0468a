import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import type { Page, WebSocketRoute } from 'playwright-core'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { storeFileName } from '../../src-main/hosts/store.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { memoryWorkspace } from '../../src-main/sandbox/memory-workspace.ts'
import type { OtherConsole, Shot } from './shot.ts'

export interface OtherConsoles {
  readonly urls: Readonly<Record<Exclude<OtherConsole, 'guarded'>, string>>
  close(): Promise<void>
}

export async function openOtherConsoles(folder: string): Promise<OtherConsoles> {
  await forgeJournal(join(folder, 'forged'))
  const first = await openEmpty(join(folder, 'first'))
  const forged = await openEmpty(join(folder, 'forged'))
  return {
    urls: { first: first.url, forged: forged.url },
    close: async () => {
      await first.close()
      await forged.close()
    },
  }
}

async function openEmpty(dataDir: string) {
  const log = pino({ level: 'silent' })
  const running = await compose({
    host: 'http',
    version: '0.1.0',
    operator: 'ann',
    dataDir,
    workspace: memoryWorkspace({ sources: {}, brokers: {} }),
    workspacePath: null,
    secrets: createMemorySecrets({ env: {} }),
    keepsPasswords: false,
    log,
    memoryBroker: null,
  })
  const rendererDir = join(resolve(import.meta.dirname, '../..'), 'out', 'renderer')
  const host = await serveHttp({ router: running.router, self: running.self, rendererDir, port: 0, log })
  return {
    url: host.url,
    close: async () => {
      await host.close()
      await running.close()
    },
  }
}

/** As somebody would who knows SQLite and is not held up by triggers. */
async function forgeJournal(dataDir: string): Promise<void> {
  const path = join(dataDir, storeFileName)
  const store = openStore({ path, clock: systemClock() })
  for (const minutes of [15, 5, 60])
    await store.journal.append({
      action: 'source-unlocked',
      operator: 'ann',
      source: 'payroll',
      subject: 'payroll',
      detail: { minutes },
    })
  await store.close()
  const db = new Database(path)
  for (const trigger of ['journal_keeps_rows', 'journal_loses_none', 'journal_has_no_holes'])
    db.exec(`DROP TRIGGER ${trigger}`)
  db.exec("UPDATE journal SET operator = 'bob' WHERE seq = 2")
  db.close()
}

/** An engine that takes what it is asked and never answers. */
const mute = async (page: Page): Promise<void> => {
  await page.routeWebSocket(/\/rpc$/, () => undefined)
}

/** The line of a page that can be cut in the middle, and stays so. */
async function cuttable(page: Page): Promise<void> {
  const open: WebSocketRoute[] = []
  let cut = false
  await page.routeWebSocket(/\/rpc$/, (route) => {
    if (cut) return void route.close()
    route.connectToServer()
    open.push(route)
  })
  await page.exposeFunction('cutTheLine', async () => {
    cut = true
    for (const route of open) await route.close()
  })
}

const cutTheLine = async (page: Page): Promise<void> => {
  await page.evaluate('window.cutTheLine()')
  await page.locator('[data-note=disconnected]').first().waitFor()
}

const empty = ['overview', 'inbox', 'audits', 'dead-letters', 'brokers', 'jobs', 'unknown', 'confirmations']
  .concat(['sweeps', 'alerts', 'journal', 'connections'])
  .map((page): Shot => ({ name: `first-${page}`, path: `#/${page}`, console: 'first' }))

const INBOX = '#/inbox?source=shop-orders&q=trouble:failed'
const verify = async (page: Page): Promise<void> => {
  await page.locator('[data-test=verify]').click()
  await page.locator('[data-test=verdict]').waitFor()
}

export const consoleShots: readonly Shot[] = [
  ...empty,
  { name: 'journal-verified', path: '#/journal', act: verify },
  { name: 'journal-broken', path: '#/journal', console: 'forged', act: verify },
  { name: 'overview-loading', path: '#/', before: mute, loads: true },
  { name: 'inbox-loading', path: INBOX, before: mute, loads: true },
  { name: 'overview-disconnected', path: '#/', before: cuttable, act: cutTheLine },
  {
    name: 'inbox-disconnected',
    path: INBOX,
    before: cuttable,
    act: async (page) => {
      await page.locator('[role="row"][data-id]').first().waitFor()
      await cutTheLine(page)
    },
  },
  { name: 'jobs-disconnected', path: '#/jobs', before: cuttable, act: cutTheLine },
  { name: 'keys', path: '#/jobs', act: (page) => page.keyboard.press('?') },
  { name: 'commands', path: '#/jobs', act: (page) => page.keyboard.press('Control+k') },
  {
    name: 'settings',
    path: '#/jobs',
    act: (page) => page.locator('nav button').last().click(),
  },
]
