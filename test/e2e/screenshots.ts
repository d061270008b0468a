// Not a test: `node test/e2e/screenshots.ts` writes a picture of every page, in both themes and both languages and in
// two sizes, over the sandbox, to .cache/screenshots. Somebody has to look at them.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { pino } from 'pino'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { EngineRouter } from '../../src-main/api/router.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { startSandbox } from '../../src-main/sandbox/start-sandbox.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const OUT = join(PROJECT_DIR, '.cache', 'screenshots')
const SIZES = [
  { width: 1024, height: 700 },
  { width: 1440, height: 900 },
]
const THEMES = ['light', 'dark'] as const
const LANGUAGES = ['en', 'zh-CN'] as const
const SOURCE = 'shop-orders'
/** For what is still being asked for. */
const SETTLE_MS = 1_200

type Client = ReturnType<typeof createRouterClient<EngineRouter, Record<never, never>>>

interface Shot {
  readonly name: string
  readonly path: string
  readonly act?: (page: Page) => Promise<void>
}

/** Something to see on the jobs and journal pages: a job that sent some and could not send the others. */
async function makeHistory(client: Client): Promise<string> {
  const selection = { kind: 'filter' as const, filter: { trouble: 'failed' as const } }
  await client.connections.unlock({ source: SOURCE, minutes: 60, typedName: null })
  const { plan, digest } = await client.plans.resend({
    source: SOURCE,
    selection,
    edit: null,
    redirect: null,
  })
  const { job } = await client.jobs.run({
    plan,
    digest,
    typedCount: null,
    rate: null,
    ramp: false,
    brake: null,
  })
  for await (const { state } of await client.jobs.watch({ job })) if (state !== 'running') break
  const left = { source: SOURCE, filter: {}, order: 'oldest' as const, cursor: null, limit: 2 }
  const { messages } = await client.messages.list({ ...left, filter: { trouble: 'stuck' } })
  const items = messages.map(({ id }) => ({ id, version: null }))
  const { results } = await client.decisions.resolve({
    source: SOURCE,
    items,
    reason: 'refunded by hand, see ticket 1042',
    typedCount: null,
  })
  const decision = results.find(({ applied }) => applied)?.decision ?? null
  if (decision !== null) await client.decisions.undo({ decision })
  return job
}

function shots(job: string): Shot[] {
  const openFirst = async (page: Page): Promise<void> => {
    await page.locator('[role="row"][data-id]').first().click()
  }
  const press = (key: string) => async (page: Page) => {
    await openFirst(page)
    await page.keyboard.press('Escape')
    await page.keyboard.press(key)
  }
  return [
    { name: 'overview', path: '#/' },
    { name: 'inbox', path: `#/inbox?source=${SOURCE}&q=trouble:stuck`, act: openFirst },
    { name: 'inbox-production', path: '#/inbox?source=payroll&q=trouble:failed', act: openFirst },
    { name: 'unlock', path: '#/inbox?source=payroll&q=trouble:failed', act: press('r') },
    { name: 'resend', path: `#/inbox?source=${SOURCE}&q=trouble:stuck`, act: press('r') },
    { name: 'resolve', path: `#/inbox?source=${SOURCE}&q=trouble:stuck`, act: press('e') },
    { name: 'jobs', path: '#/jobs' },
    { name: 'job', path: `#/jobs/${job}` },
    { name: 'journal', path: '#/journal' },
    { name: 'connections', path: '#/connections' },
    {
      name: 'connection',
      path: '#/connections',
      act: (page) => page.locator(`[data-connection="source ${SOURCE}"]`).click(),
    },
  ]
}

async function take(browser: Browser, url: string, job: string): Promise<number> {
  const first = await browser.newContext()
  const page = await first.newPage()
  // The address works once: its cookie is carried to the other contexts.
  await page.goto(url)
  const storageState = await first.storageState()
  await first.close()
  let count = 0
  for (const theme of THEMES) {
    for (const language of LANGUAGES) {
      for (const viewport of SIZES) {
        const context = await browser.newContext({
          viewport,
          colorScheme: theme,
          locale: language,
          storageState,
        })
        for (const shot of shots(job)) {
          const file = `${shot.name}-${theme}-${language}-${viewport.width}.png`
          await takeOne(
            await context.newPage(),
            new URL(shot.path, url).href.replace(/\?token=[^#]*/, ''),
            shot,
            file,
          )
          count += 1
        }
        await context.close()
      }
    }
  }
  return count
}

async function takeOne(page: Page, url: string, { act }: Shot, file: string): Promise<void> {
  await page.goto(url)
  await page.waitForTimeout(SETTLE_MS)
  await act?.(page).catch((error: unknown) => console.error(`${file}: ${String(error).split('\n')[0]}`))
  await page.waitForTimeout(SETTLE_MS / 2)
  await page.screenshot({ path: join(OUT, file) })
  await page.close()
}

const log = pino({ level: 'silent' })
await mkdir(OUT, { recursive: true })
const dataDir = await mkdtemp(join(tmpdir(), 'redrive-screenshots-'))
const sandbox = await startSandbox({ dataDir, log })
const running = await compose({
  host: 'http',
  version: '0.1.0',
  operator: 'ann',
  dataDir: sandbox.storeDir,
  workspace: sandbox.workspace,
  workspacePath: null,
  secrets: createMemorySecrets({ env: {} }),
  keepsPasswords: false,
  log,
  memoryBroker: sandbox.memoryBroker,
})
const host = await serveHttp({
  router: running.router,
  rendererDir: join(PROJECT_DIR, 'out', 'renderer'),
  port: 0,
  log,
})
const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
try {
  const job = await makeHistory(createRouterClient(running.router, { context: {} }))
  console.log(`${await take(browser, host.url, job)} pictures in ${OUT}`)
} finally {
  await browser.close()
  await host.close()
  await running.close()
  await sandbox.close()
  await rm(dataDir, { recursive: true, force: true })
}
