import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { pino } from 'pino'
import type { Page } from 'playwright-core'

import { compose } from '../../src-main/hosts/compose.ts'
import type { Running } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { EnvironmentPolicy } from '../../src-main/domain/policy.ts'
import { defaultSweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import type { SourceConfig, Workspace } from '../../src-main/domain/workspace.ts'
import { memoryWorkspace } from '../../src-main/sandbox/memory-workspace.ts'
import type { Sandbox } from '../../src-main/sandbox/start-sandbox.ts'
import { approvalOf, policyOf, testApprover } from '../support/approvers.ts'
import type { TestApprover } from '../support/approvers.ts'
import type { Client } from './picture-history.ts'
import type { Shot } from './shot.ts'

/** Of the sandbox: in production, in staging, in development. */
const PAYROLL = 'payroll'
const BRANCH = 'branch-office'
const SHOP = 'shop-orders'
/** Its broker is away, so that its sweep stops; and one whose sweep the file has on, but nobody here. */
const RETURNS = 'returns'
const REFUNDS = 'refunds'
const AWAY = 'rabbit-away'
/** Nothing listens there. */
const CLOSED_PORT = 9
const RUNS_UNTIL_STOPPED = 3
const ABOVE = 20
const ACTION_MAX = 20
const ALL_DAY = { from: '00:00', to: '00:00', timeZone: 'Asia/Shanghai' }

const knows = { mei: testApprover('mei'), sam: testApprover('sam') }

export interface GuardPictures {
  readonly url: string
  readonly shots: readonly Shot[]
  close(): Promise<void>
}

/** The same sources under rules: masked payloads, a second person, limits, forbidden hours, sweeps that stand still. */
export async function openGuardPictures(folder: string, sandbox: Sandbox): Promise<GuardPictures> {
  const log = pino({ level: 'silent' })
  const running: Running = await compose({
    host: 'http',
    version: '0.1.0',
    operator: 'ann',
    dataDir: join(folder, 'guarded'),
    workspace: memoryWorkspace(guarded(await sandbox.workspace.load())),
    workspacePath: null,
    secrets: createMemorySecrets({ env: {} }),
    keepsPasswords: false,
    log,
    memoryBroker: sandbox.memoryBroker,
  })
  const rendererDir = join(resolve(import.meta.dirname, '../..'), 'out', 'renderer')
  const host = await serveHttp({ router: running.router, self: running.self, rendererDir, port: 0, log })
  const close = async (): Promise<void> => {
    await host.close()
    await running.close()
  }
  try {
    await stopSweep(createRouterClient(running.router, { context: { caller: running.self } }))
    return { url: host.url, shots: guardShots, close }
  } catch (error) {
    await close()
    throw error
  }
}

function guarded({ sources, brokers }: Workspace): Workspace {
  const { [PAYROLL]: payroll, [BRANCH]: branch, [SHOP]: shop } = sources
  if (payroll === undefined || branch === undefined || shop === undefined)
    throw new Error('The sandbox has other sources.')
  const sweep = { ...defaultSweepPolicy(shop), enabled: true }
  const staging: SourceConfig = { ...shop, environment: 'staging' }
  return {
    sources: {
      [PAYROLL]: { ...payroll, masking: { paths: ['/employee/name', '/amount'], keep: { last: 2 } } },
      [BRANCH]: branch,
      [SHOP]: shop,
      [RETURNS]: { ...staging, deliver: { broker: AWAY } },
      [REFUNDS]: { ...staging, sweep },
    },
    brokers: {
      ...brokers,
      [AWAY]: {
        driver: 'rabbitmq',
        url: `amqp://guest@127.0.0.1:${CLOSED_PORT}/`,
        password: { value: 'guest' },
      },
    },
    policies: {
      production: { approval: policyOf(ABOVE, knows.mei, knows.sam) },
      staging: { limits: { perAction: ACTION_MAX } },
      development: { forbidden: [ALL_DAY] },
    } satisfies Readonly<Record<string, EnvironmentPolicy>>,
  }
}

/** Three runs that end before their first message. */
async function stopSweep(client: Client): Promise<void> {
  for (const source of [PAYROLL, BRANCH, SHOP, RETURNS])
    await client.connections.unlock({ source, minutes: 60, reason: 'incident 4711', typedName: source })
  await client.sweeps.enable({ source: RETURNS, typedName: null })
  for (let run = 0; run < RUNS_UNTIL_STOPPED; run += 1) {
    const begun = await client.sweeps.runNow({ source: RETURNS })
    for await (const { state } of await client.sweeps.watch({ run: begun.run }))
      if (state !== 'running') break
  }
}

const inbox = (source: string, trouble: string): string => `#/inbox?source=${source}&q=trouble:${trouble}`
const openFirst = (page: Page): Promise<void> => page.locator('[role="row"][data-id]').first().click()

async function unmask(page: Page): Promise<void> {
  await openFirst(page)
  await page.locator('[data-test=unmask]').click()
}

async function unmasked(page: Page): Promise<void> {
  await unmask(page)
  await page.locator('[data-masked] input').fill('the bank asks which employee this is, ticket 1042')
  await page.locator('[data-test=unmask-now]').click()
  await page.getByText('Oluwaseun').or(page.locator('[data-masked] button')).first().waitFor()
}

async function planAll(page: Page): Promise<void> {
  await page.locator('header .check .n-checkbox').click()
  await page.keyboard.press('r')
  await page.locator('[data-test="estimate"]').waitFor()
}

/** What the saved file says of the plan, signed as a colleague would. */
function handedIn(by: TestApprover) {
  return async (page: Page): Promise<void> => {
    await planAll(page)
    const saved = page.waitForEvent('download')
    await page.locator('[role=dialog] .left').click()
    const file = await readFile(await (await saved).path(), 'utf8')
    const plan = JSON.parse(file.split('\n')[0] ?? '') as Plan
    await page.locator('[data-test=approval] textarea').fill(JSON.stringify(approvalOf(plan, by)))
    await page.locator('[data-test=approval] .hand-in .n-button').last().click()
    await page.locator('[data-approved], [data-test=approval] [role=alert]').first().waitFor()
  }
}

async function refused(page: Page): Promise<void> {
  await planAll(page)
  await page.locator('[role=dialog] button[type="submit"]').click()
  await page.locator('[role=dialog] [role=alert]').first().waitFor()
}

const on = { console: 'guarded' as const }

const guardShots: readonly Shot[] = [
  { ...on, name: 'masked', path: inbox(PAYROLL, 'failed'), act: openFirst },
  { ...on, name: 'unmask', path: inbox(PAYROLL, 'failed'), act: unmask },
  { ...on, name: 'unmasked', path: inbox(PAYROLL, 'failed'), act: unmasked },
  { ...on, name: 'approval-waits', path: inbox(PAYROLL, 'failed'), act: planAll },
  { ...on, name: 'approval-given', path: inbox(PAYROLL, 'failed'), act: handedIn(knows.mei) },
  { ...on, name: 'approval-refused', path: inbox(PAYROLL, 'failed'), act: handedIn(testApprover('mei')) },
  { ...on, name: 'limit-reached', path: inbox(BRANCH, 'stuck'), act: refused },
  { ...on, name: 'forbidden-hours', path: inbox(SHOP, 'failed'), act: refused },
  { ...on, name: 'sweeps-standing', path: '#/sweeps' },
  { ...on, name: 'journal-guarded', path: '#/journal' },
]
