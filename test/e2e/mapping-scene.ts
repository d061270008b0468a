import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { TestContext } from 'vitest'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { openPage } from '../support/browser.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { scratchFolder } from '../support/scratch.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const STEP_TIMEOUT_MS = 10_000

export interface MappingScene {
  readonly page: Page
  readonly database: TestDatabase
}

/**
 * The console in Chromium on a database that nobody has mapped: the source `odd` knows its address and nothing else. The
 * page must not have complained of anything by the end.
 */
export async function openMappingScene(
  context: TestContext,
  {
    ddl,
    environment = 'development',
    fresh = false,
  }: {
    readonly ddl: string
    readonly environment?: string
    /** Without any connection. */
    readonly fresh?: boolean
  },
): Promise<MappingScene> {
  const database = await testDatabase({ empty: true })
  await database.sql(ddl)
  const folder = await scratchFolder()
  const odd = {
    driver: 'postgres',
    url: database.url,
    password: { value: serverAddress().password },
    environment,
    outbox: { profile: 'auto', table: 'public.not_known_yet' },
    stuckAfterSec: 60,
    maxAttempts: 3,
  }
  await writeFile(
    join(folder, 'redrive.json'),
    JSON.stringify({ sources: fresh ? {} : { odd }, brokers: {} }),
  )
  const { router, self } = await composedEngine(folder)
  const rendererDir = join(PROJECT_DIR, 'out', 'renderer')
  const host = await serveHttp({ router, self, rendererDir, port: 0, log: pino({ level: 'silent' }) })
  context.onTestFinished(() => host.close())
  const { page, complaints } = await openPage()
  page.setDefaultTimeout(STEP_TIMEOUT_MS)
  context.onTestFinished(async ({ task }) => {
    const path = join(PROJECT_DIR, '.cache', 'screenshots', `failed-${task.id}.png`)
    if (task.result?.state === 'fail') await page.screenshot({ path })
  })
  context.onTestFinished(() => expect(complaints).toEqual([]))
  await page.goto(host.url)
  return { page, database }
}

/** More stops than any page has. */
const TABS_MAX = 150

/** Goes to something with the Tab key, as somebody does who has no mouse. */
export async function tabTo(page: Page, to: Locator): Promise<void> {
  await to.waitFor()
  for (let tab = 0; tab < TABS_MAX; tab += 1) {
    if (await to.evaluate((element) => element.matches(':focus, :focus-within'))) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${String(to)} is reached by no Tab`)
}

export async function pressOn(page: Page, button: Locator): Promise<void> {
  await tabTo(page, button)
  await page.keyboard.press('Enter')
}

export async function typeInto(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field)
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(text)
}

/** From the connection, as a person comes here. */
export async function openWizard(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Connections' }).click()
  await page.locator('[data-connection="source odd"]').click()
  await page.getByRole('button', { name: 'Mapping…' }).click()
  await page.getByRole('heading', { name: 'Mapping of odd' }).waitFor()
}

/** Takes the proposal for a table; ends at the rows. */
export async function takeProposal(page: Page, table: string): Promise<void> {
  await page.getByRole('button', { name: `Use this mapping: Proposed mapping for ${table}` }).click()
  await page.locator('[data-state]').first().waitFor()
}

export function box(page: Page, name: string): Locator {
  return page
    .getByRole('textbox', { name, exact: true })
    .or(page.getByRole('combobox', { name, exact: true }))
}

export interface Rule {
  readonly state: string
  readonly left?: string
  readonly how: string
  readonly right?: string
}

/** One more rule at the end, moved up to where it belongs. */
export async function addRule(page: Page, { state, left, how, right }: Rule, place: number): Promise<void> {
  const before = await page.getByRole('button', { name: /^Remove rule/ }).count()
  await page.getByRole('button', { name: 'Add a rule' }).click()
  await expect.poll(() => page.getByRole('button', { name: /^Remove rule/ }).count()).toBe(before + 1)
  // A rule comes before one that always holds.
  const last = await box(page, `Rule ${before + 1}: comparison`).inputValue()
  let at = last === 'always' ? before : before + 1
  await page.getByLabel(`State ${at}`, { exact: true }).selectOption(state)
  if (left !== undefined) await box(page, `Rule ${at}: column or value`).fill(left)
  await page.getByLabel(`Rule ${at}: comparison`, { exact: true }).selectOption(how)
  if (right !== undefined) await box(page, `Rule ${at}: compared with`).fill(right)
  for (; at > place; at -= 1) await page.getByRole('button', { name: `Try rule ${at} earlier` }).click()
}

/** Another table that knows something of a row, by the key of the row. */
export async function addCompanion(page: Page, name: string, table: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Add a table', exact: true }).fill(name)
  await page.keyboard.press('Enter')
  await box(page, `Table of ${name}`).fill(table)
}

export async function goToStep(page: Page, step: string): Promise<void> {
  await page.locator(`[data-step="${step}"]`).click()
}

export async function setColumn(
  page: Page,
  action: 'Retry' | 'Resolve',
  column: string,
  value: string,
): Promise<void> {
  const name = `${action} sets ${column}`
  if ((await box(page, name).count()) === 0) {
    await box(page, `Column that ${action.toLowerCase()} sets`).fill(column)
    await page.keyboard.press('Enter')
  }
  await box(page, name).fill(value)
}

/** Reads the live rows again with what is written by now. */
export async function look(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Look at live rows' }).first().click()
  await page.locator('[data-test="stale"]').waitFor({ state: 'detached' })
}

export async function count(page: Page, state: string): Promise<string> {
  return page.locator(`[data-state="${state}"] .count`).innerText()
}

/** Confirms, unlocks, and hands one row back. */
export async function confirmAndRetry(page: Page, id: string): Promise<void> {
  await goToStep(page, 'confirm')
  await page.getByRole('button', { name: 'Save and confirm the mapping of odd' }).click()
  await page.locator('[data-test="confirmed"]').waitFor()
  await page.getByRole('button', { name: `Retry ${id}`, exact: true }).click()
  await page
    .getByRole('dialog', { name: 'Unlock odd' })
    .getByRole('button', { name: /^Unlock/ })
    .click()
  const dialog = page.getByRole('dialog', { name: 'Hand back messages of odd' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('the receiver was down')
  await dialog.getByRole('button', { name: 'Hand back 1 message' }).click()
  await dialog.getByText('1 message was handed back to its relay.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
}
