import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { pino } from 'pino'
import type { Page } from 'playwright-core'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Brake } from '../../src-preload/contract/jobs.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { startSandbox } from '../../src-main/sandbox/start-sandbox.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { openAuditScene } from './audit-scene.ts'
import { brokerShots, openBrokerPictures } from './broker-pictures.ts'
import { openDeadLetterPictures } from './dead-letter-pictures.ts'
import { overviewShots, plantSamples } from './overview-pictures.ts'
import { consoleShots, openOtherConsoles } from './console-pictures.ts'
import { openGuardPictures } from './guard-pictures.ts'
import type { OtherConsole, Shot } from './shot.ts'
import { confirmMapping, lookAtDeadLetters, runSlowly, unlock } from './picture-history.ts'
import type { Client } from './picture-history.ts'
import { unconfirmedShots } from './unconfirmed-pictures.ts'
import { MAPPED, mappingShots, openMappingPictures } from './mapping-pictures.ts'
import { sourceShots } from './source-pictures.ts'
import { makeTriage, triageShots } from './triage-pictures.ts'
import { openStatePictures, stateShots } from './state-pictures.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const SOURCE = 'shop-orders'
/** Its chains are damaged in known places. */
const AUDITED = 'orders-replay'
const DAMAGED_CHAIN = 'chain-1'
const SWEEP_RUNS = 2
/** Of the sandbox; nothing says that it is not production. */
const DEAD = 'sandbox/fulfilment.dead'

type Filtered = Extract<Parameters<Client['plans']['resend']>[0]['selection'], { kind: 'filter' }>

interface History {
  readonly job: string
  /** Paused by its brake. */
  readonly braked: string
  /** Every message confirmed. */
  readonly done: string
  readonly running: string
  readonly audits: AuditHistory
}

interface AuditHistory {
  readonly broken: string
  readonly cancelled: string
  readonly ledger: string
}

/** Runs all failed messages of the source and waits until the job stands or has ended. */
function runFailed(client: Client, brake: Brake | null): Promise<string> {
  return runFiltered(client, { kind: 'filter', filter: { trouble: 'failed' } }, brake)
}

async function runFiltered(client: Client, selection: Filtered, brake: Brake | null): Promise<string> {
  const asked = { source: SOURCE, selection, edit: null, redirect: null }
  const { plan, digest } = await client.plans.resend(asked)
  const options = { rate: brake === null ? null : 100, ramp: false, brake }
  const { job } = await client.jobs.run({ plan, digest, typedCount: null, ...options })
  for await (const { state } of await client.jobs.watch({ job })) if (state !== 'running') break
  return job
}

/** A message that its queue takes. */
async function runOne(client: Client): Promise<string> {
  const selection = { kind: 'filter' as const, filter: { trouble: 'stuck' as const, type: 'OrderShipped' } }
  return runFiltered(client, selection, null)
}

/** Something to see on the pages of jobs, unknown outcomes, sweeps and the journal. */
async function makeHistory(client: Client): Promise<History> {
  await unlock(client, [SOURCE, 'ledger', 'bookings'])
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
  for (const source of [MAPPED.confirmed, MAPPED.drifted]) await confirmMapping(client, source)
  await lookAtDeadLetters(client)
  await client.connections.unlock({
    source: DEAD,
    minutes: 60,
    typedName: DEAD,
    reason: 'the queue is repaired',
  })
  await makeTriage(client)
  const audits = await makeAudits(client)
  return { job, braked, done: await runOne(client), running: await runSlowly(client, AUDITED), audits }
}

async function audited(client: Client, source: string): Promise<string> {
  const { audit } = await client.audits.start({ source, scope: { kind: 'all' } })
  for await (const { state } of await client.audits.follow({ audit })) if (state !== 'running') break
  return audit
}

/** Damage of every kind, audited; an intact outbox; and an audit that nobody waited for. */
async function makeAudits(client: Client): Promise<AuditHistory> {
  const left = { source: AUDITED, scope: { kind: 'all' as const } }
  const { audit } = await client.audits.start(left)
  const { audit: cancelled } = await client.audits.cancel({ audit })
  await audited(client, 'payroll')
  return { cancelled, ledger: await audited(client, 'ledger'), broken: await audited(client, AUDITED) }
}

function shots({ job, braked, done, running, audits }: History): Shot[] {
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
    ...overviewShots,
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
        await page.locator('label:has(input[value=since])').click()
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
    ...brokerShots,
    { name: 'jobs', path: '#/jobs' },
    { name: 'job', path: `#/jobs/${job}` },
    { name: 'job-braked', path: `#/jobs/${braked}` },
    { name: 'job-done', path: `#/jobs/${done}` },
    { name: 'job-running', path: `#/jobs/${running}` },
    { name: 'unknown', path: '#/unknown' },
    { name: 'settle', path: '#/unknown', act: (page) => page.keyboard.press('e') },
    {
      name: 'sweeps',
      path: '#/sweeps',
      act: (page) => page.locator(`[data-sweep="${SOURCE}"] .open`).click(),
    },
    { name: 'sweep-on', path: '#/sweeps', act: sweepButton(2) },
    { name: 'sweep-settings', path: '#/sweeps', act: sweepButton(1) },
    ...unconfirmedShots,
    { name: 'journal', path: '#/journal' },
    ...mappingShots,
    ...sourceShots,
    ...triageShots,
    ...consoleShots,
    ...stateShots,
    {
      name: 'connection',
      path: '#/connections',
      act: (page) => page.locator(`[data-connection="source ${SOURCE}"]`).click(),
    },
  ]
}

export interface PictureStage {
  /** Of the console; its token works once. */
  readonly url: string
  readonly others: Readonly<Record<OtherConsole, string>>
  readonly shots: readonly Shot[]
  close(): Promise<void>
}

/** Every page and state of the console that somebody looks at, over a sandbox with a night's history. */
export async function openPictureStage(): Promise<PictureStage> {
  const log = pino({ level: 'silent' })
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-pictures-'))
  const sandbox = await startSandbox({ dataDir, log })
  const scene = await openAuditScene('sandbox')
  const mapped = await openMappingPictures()
  const states = await openStatePictures()
  const others = await openOtherConsoles(dataDir)
  const letters = await openDeadLetterPictures()
  const looked = await openBrokerPictures(dataDir)
  const guard = await openGuardPictures(dataDir, sandbox)
  const first = await sandbox.workspace.load()
  const sources = {
    ...first.sources,
    [AUDITED]: scene.source,
    ...mapped.sources,
    ...states.sources,
  } as Workspace['sources']
  const brokers = { ...first.brokers, ...letters.brokers, ...looked.brokers } as Workspace['brokers']
  await sandbox.workspace.save({ ...first, sources, brokers })
  await plantSamples(sandbox.storeDir, Object.keys(sources))
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
  const rendererDir = join(PROJECT_DIR, 'out', 'renderer')
  const host = await serveHttp({ router: running.router, self: running.self, rendererDir, port: 0, log })
  const close = async (): Promise<void> => {
    for (const one of [host, others, guard, running, sandbox, scene, mapped, states, letters, looked])
      await one.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const client: Client = createRouterClient(running.router, calling('ann'))
    const history = await makeHistory(client)
    await client.connections.unlock({
      source: MAPPED.confirmed,
      minutes: 60,
      typedName: MAPPED.confirmed,
      reason: 'the queue is repaired',
    })
    await mapped.drift()
    await letters.happen(client)
    return {
      url: host.url,
      others: { ...others.urls, guarded: guard.url },
      shots: [...shots(history), ...letters.shots, ...guard.shots],
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
