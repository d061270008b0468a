// Not a test: `node test/e2e/screenshots.ts [NAME...]` writes a picture of every page (or of those named), in both themes
// and both languages and in two sizes, over the sandbox, to .cache/screenshots. Somebody has to look at them.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { pino } from 'pino'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Brake } from '../../src-preload/contract/jobs.ts'
import type { EngineRouter } from '../../src-main/api/router.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { startSandbox } from '../../src-main/sandbox/start-sandbox.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'
import { openAuditScene } from './audit-scene.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const OUT = join(PROJECT_DIR, '.cache', 'screenshots')
const SIZES = [
  { width: 1024, height: 700 },
  { width: 1440, height: 900 },
]
const THEMES = ['light', 'dark'] as const
const LANGUAGES = ['en', 'zh-CN'] as const
const SOURCE = 'shop-orders'
/** Its chains are damaged in known places. */
const AUDITED = 'orders-replay'
const DAMAGED_CHAIN = 'chain-1'
const SWEEP_RUNS = 2
/** For what is still being asked for. */
const SETTLE_MS = 1_200

type Client = ReturnType<typeof createRouterClient<EngineRouter, Record<never, never>>>

interface Shot {
  readonly name: string
  readonly path: string
  readonly act?: (page: Page) => Promise<void>
}

interface History {
  readonly job: string
  /** Paused by its brake. */
  readonly braked: string
  readonly audits: AuditHistory
}

interface AuditHistory {
  readonly broken: string
  readonly cancelled: string
  readonly ledger: string
}

/** The sandbox has one queue of dead letters. */
async function lookAtDeadLetters(client: Client): Promise<void> {
  for (const { broker, queue, facts } of (await client.deadLetters.list({})).queues)
    if (facts !== null) await client.deadLetters.look({ broker, queue, limit: 10_000, costs: facts.costs })
}

/** Runs all failed messages of the source and waits until the job stands or has ended. */
async function runFailed(client: Client, brake: Brake | null): Promise<string> {
  const selection = { kind: 'filter' as const, filter: { trouble: 'failed' as const } }
  const asked = { source: SOURCE, selection, edit: null, redirect: null }
  const { plan, digest } = await client.plans.resend(asked)
  const options = { rate: brake === null ? null : 100, ramp: false, brake }
  const { job } = await client.jobs.run({ plan, digest, typedCount: null, ...options })
  for await (const { state } of await client.jobs.watch({ job })) if (state !== 'running') break
  return job
}

/** Something to see on the pages of jobs, unknown outcomes, sweeps and the journal. */
async function makeHistory(client: Client): Promise<History> {
  await client.connections.unlock({ source: SOURCE, minutes: 60, typedName: null })
  const braked = await runFailed(client, { failureRatio: 0.2, returnedMax: 2, queue: null })
  const job = await runFailed(client, null)
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
  for (let run = 0; run < SWEEP_RUNS; run += 1) {
    const begun = await client.sweeps.runNow({ source: SOURCE })
    for await (const { state } of await client.sweeps.watch({ run: begun.run }))
      if (state !== 'running') break
  }
  await lookAtDeadLetters(client)
  return { job, braked, audits: await makeAudits(client) }
}

async function audited(client: Client, source: string): Promise<string> {
  const { audit } = await client.audits.start({ source, scope: { kind: 'all' } })
  for await (const { state } of await client.audits.follow({ audit })) if (state !== 'running') break
  return audit
}

/** Damage of every kind, audited; an intact outbox; and an audit that nobody waited for. */
async function makeAudits(client: Client): Promise<AuditHistory> {
  const left = { source: AUDITED, scope: { kind: 'all' as const } }
  const begun = await client.audits.start(left)
  const { audit: cancelled } = await client.audits.cancel({ audit: begun.audit })
  await audited(client, 'payroll')
  return { cancelled, ledger: await audited(client, 'ledger'), broken: await audited(client, AUDITED) }
}

function shots({ job, braked, audits }: History): Shot[] {
  const openFirst = async (page: Page): Promise<void> => {
    await page.locator('[role="row"][data-id]').first().click()
  }
  const press = (key: string) => async (page: Page) => {
    await openFirst(page)
    await page.keyboard.press('Escape')
    await page.keyboard.press(key)
  }
  const sameEvents = async (page: Page): Promise<void> => {
    await page.locator('[data-test="same-events"]').click()
    await page.getByRole('dialog').locator('.n-select').click()
    await page.locator('.n-base-select-option', { hasText: 'ledger' }).click()
    await page.getByRole('dialog').locator('button[type="submit"]').click()
    await page.locator('[data-event]').first().waitFor()
  }
  const selectAll = async (page: Page): Promise<void> => {
    await page.locator('header .check .n-checkbox').click()
    await page.keyboard.press('r')
    await page.locator('[data-test="brake"]').waitFor()
  }
  const brakeOn = async (page: Page): Promise<void> => {
    await selectAll(page)
    await page.locator('[data-test="brake"]').click()
    await page.locator('[data-test="estimate"]').scrollIntoViewIfNeeded()
  }
  const edit = async (page: Page): Promise<void> => {
    await openFirst(page)
    await page.locator('.inspector .bar button').nth(1).click()
    await page.locator('.cm-merge-b .cm-content').waitFor()
    const content = page.locator('.cm-merge-b .cm-content')
    const text = await content.innerText()
    await content.fill(text.replace(/:\s*\d+/, ': 1042').replaceAll('\n', ''))
  }
  const editMany = async (page: Page): Promise<void> => {
    await selectAll(page)
    await page.locator('.facts button.n-button').first().click()
    await page.locator('[data-test="redirect-exchange"]').click()
  }
  const sweepButton = (at: number) => (page: Page) =>
    page.locator(`[data-sweep="${SOURCE}"] .acts button`).nth(at).click()
  const chooseCause = async (page: Page): Promise<void> => {
    await page.locator('[data-cause] .cause').first().click()
    await page.locator('[data-letter]').first().click()
  }
  const redriveCause = async (page: Page): Promise<void> => {
    await chooseCause(page)
    await page.locator('[data-test=open-redrive]').click()
  }
  const inbox = (source: string, trouble: string): string => `#/inbox?source=${source}&q=trouble:${trouble}`
  return [
    { name: 'overview', path: '#/' },
    { name: 'inbox', path: inbox(SOURCE, 'stuck'), act: openFirst },
    {
      name: 'inbox-selected',
      path: inbox(SOURCE, 'failed'),
      act: async (page) => {
        await openFirst(page)
        for (const key of ['x', 'j', 'x']) await page.keyboard.press(key)
      },
    },
    { name: 'inbox-production', path: inbox('payroll', 'failed'), act: openFirst },
    { name: 'unlock', path: inbox('payroll', 'failed'), act: press('r') },
    { name: 'resend', path: inbox(SOURCE, 'stuck'), act: press('r') },
    { name: 'plan', path: inbox(SOURCE, 'failed'), act: selectAll },
    { name: 'plan-brake', path: inbox(SOURCE, 'failed'), act: brakeOn },
    { name: 'edit', path: inbox(SOURCE, 'failed'), act: edit },
    {
      name: 'edit-reviewed',
      path: inbox(SOURCE, 'failed'),
      act: async (page) => (
        await edit(page),
        await page.locator('[role=dialog] button[type="submit"]').click()
      ),
    },
    { name: 'edit-many', path: inbox(SOURCE, 'failed'), act: editMany },
    { name: 'resolve', path: inbox(SOURCE, 'stuck'), act: press('e') },
    { name: 'audits', path: '#/audits' },
    { name: 'ledger-normal', path: `#/audits/${audits.ledger}?chain=account-1001` },
    { name: 'ledger-hole', path: `#/audits/${audits.ledger}?chain=account-4004` },
    { name: 'same-events', path: '#/audits', act: sameEvents },
    { name: 'audits-chains', path: '#/audits?view=chains' },
    {
      name: 'audit-start',
      path: '#/audits',
      act: async (page) => {
        await page.keyboard.press('n')
        await page.locator('input[type=radio][value=since]').check({ force: true })
      },
    },
    { name: 'audit', path: `#/audits/${audits.broken}` },
    { name: 'audit-fork', path: `#/audits/${audits.broken}?chain=${DAMAGED_CHAIN}&kind=fork` },
    {
      name: 'audit-middle',
      path: `#/audits/${audits.broken}?chain=${DAMAGED_CHAIN}`,
      act: (page) => page.keyboard.press('-'),
    },
    {
      name: 'audit-far',
      path: `#/audits/${audits.broken}?chain=${DAMAGED_CHAIN}`,
      act: async (page) => (await page.keyboard.press('-'), await page.keyboard.press('-')),
    },
    {
      name: 'audit-repair',
      path: `#/audits/${audits.broken}?chain=${DAMAGED_CHAIN}`,
      act: (page) => page.keyboard.press('r'),
    },
    { name: 'audit-cancelled', path: `#/audits/${audits.cancelled}` },
    { name: 'dead-letters', path: '#/dead-letters', act: chooseCause },
    {
      name: 'dead-letters-look',
      path: '#/dead-letters',
      act: (page) => page.locator('[data-test=open-look]').click(),
    },
    { name: 'dead-letters-redrive', path: '#/dead-letters', act: redriveCause },
    {
      name: 'dead-letters-plan',
      path: '#/dead-letters',
      act: async (page) => {
        await redriveCause(page)
        await page.locator('[data-test=plan-redrive]').click()
      },
    },
    { name: 'jobs', path: '#/jobs' },
    { name: 'job', path: `#/jobs/${job}` },
    { name: 'job-braked', path: `#/jobs/${braked}` },
    { name: 'unknown', path: '#/unknown' },
    { name: 'settle', path: '#/unknown', act: (page) => page.keyboard.press('e') },
    {
      name: 'sweeps',
      path: '#/sweeps',
      act: (page) => page.locator(`[data-sweep="${SOURCE}"] .open`).click(),
    },
    { name: 'sweep-on', path: '#/sweeps', act: sweepButton(2) },
    { name: 'sweep-settings', path: '#/sweeps', act: sweepButton(1) },
    { name: 'journal', path: '#/journal' },
    { name: 'connections', path: '#/connections' },
    {
      name: 'connection',
      path: '#/connections',
      act: (page) => page.locator(`[data-connection="source ${SOURCE}"]`).click(),
    },
  ]
}

async function take(browser: Browser, url: string, wanted: readonly Shot[]): Promise<number> {
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
        for (const shot of wanted) {
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
const scene = await openAuditScene('sandbox')
const first = await sandbox.workspace.load()
const sources = { ...first.sources, [AUDITED]: scene.source } as Workspace['sources']
await sandbox.workspace.save({ ...first, sources })
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
  const history = await makeHistory(createRouterClient(running.router, { context: {} }))
  const named = process.argv.slice(2)
  const wanted = shots(history).filter(({ name }) => named.length === 0 || named.includes(name))
  console.log(`${await take(browser, host.url, wanted)} pictures in ${OUT}`)
} finally {
  await browser.close()
  await host.close()
  await running.close()
  await sandbox.close()
  await scene.close()
  await rm(dataDir, { recursive: true, force: true })
}
