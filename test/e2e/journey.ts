import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { addFailed } from '../support/cli-fixture.ts'
import { addRows, testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import type { RabbitTest } from '../support/rabbitmq.ts'
import { addBroker, addSource } from './connecting.ts'
import { goTo, idOf, openFailed, openOverview, rows } from './pages.ts'

export interface JourneyFixture {
  readonly orders: TestDatabase
  readonly payroll: TestDatabase
  readonly broker: RabbitTest
  readonly queue: string
}

const STEP_TIMEOUT_MS = 10_000
/** What the page showed when a step failed. */
const FAILED_SHOT = '.cache/screenshots/journey-failed.png'

const FAILED = 4
const STUCK = 2

/** Two outboxes in trouble, one of them production, and the queue that their messages are for. */
export async function journeyFixture(broker: RabbitTest): Promise<JourneyFixture> {
  const [orders, payroll] = [await testDatabase(), await testDatabase()]
  const queue = await broker.queue()
  await addFailed(orders, queue, FAILED)
  await addRows(
    orders,
    Array.from({ length: STUCK }, () => ({
      routing_key: queue,
      type: 'RefundIssued',
      created_at: '2026-01-01T00:00:00Z',
      payload: '{"refund":true}',
    })),
  )
  await addFailed(payroll, queue, 2)
  return { orders, payroll, broker, queue }
}

/** The main job, as an operator does it: the same over every host. `page` shows the console without a connection. */
export async function journey(page: Page, fixture: JourneyFixture): Promise<void> {
  page.setDefaultTimeout(STEP_TIMEOUT_MS)
  try {
    await steps(page, fixture)
  } catch (error) {
    await page.screenshot({ path: FAILED_SHOT })
    throw error
  }
}

async function steps(page: Page, fixture: JourneyFixture): Promise<void> {
  await connect(page, fixture)
  await seeTrouble(page)
  await inspect(page)
  await resendOne(page, fixture)
  await resolveAndUndo(page, fixture)
  await readJournal(page)
  await resendInProduction(page, fixture)
}

async function connect(page: Page, { orders, payroll }: JourneyFixture): Promise<void> {
  await goTo(page, 'Connections')
  await addBroker(page, 'rabbit')
  await addSource(page, { name: 'orders', database: orders, environment: 'Development' })
  await addSource(page, { name: 'payroll', database: payroll, environment: 'Production' })
}

async function seeTrouble(page: Page): Promise<void> {
  await openOverview(page)
  const strip = page.locator('[data-source="orders"]')
  await strip
    .getByRole('link', { name: 'Show the stuck messages of orders' })
    .getByText(String(STUCK), { exact: true })
    .waitFor()
  const failed = strip.getByRole('link', { name: 'Show the failed messages of orders' })
  await failed.getByText(String(FAILED), { exact: true }).waitFor()
  await failed.click()
  await rows(page)
    .nth(FAILED - 1)
    .waitFor()
  expect(await rows(page).count()).toBe(FAILED)
}

async function inspect(page: Page): Promise<void> {
  await rows(page).first().click()
  const inspector = page.getByRole('article', { name: 'Message' })
  await inspector.getByText('connect ECONNREFUSED').first().waitFor()
  await inspector.getByText('päckchen').first().waitFor()
  await inspector.getByText('3 of 3 attempts').waitFor()
}

async function resendOne(page: Page, { orders, broker, queue }: JourneyFixture): Promise<void> {
  const id = await idOf(rows(page).first())
  await rows(page).first().getByRole('checkbox').click()
  expect(await rows(page).first().getByRole('checkbox').isChecked()).toBe(true)
  await page
    .getByRole('toolbar')
    .getByRole('button', { name: /^Resend/ })
    .click()
  // Read-only until unlocked: asked for where the first act is made.
  const unlock = page.getByRole('dialog', { name: 'Unlock orders' })
  await unlock.getByRole('button', { name: /^Unlock orders for/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Resend from orders' })
  await dialog.getByRole('button', { name: 'Resend 1 message' }).click()
  await dialog.getByText('Done: 1 of 1').waitFor()
  await dialog.getByRole('button', { name: 'Open the job' }).click()
  await page.getByText('Done: the broker confirmed every message.').waitFor()

  expect(await orders.sql('select status from outbox_message where id = $1', [id])).toEqual([
    { status: 'sent' },
  ])
  expect(await broker.count(queue)).toBe(1)
}

async function resolveAndUndo(page: Page, { orders }: JourneyFixture): Promise<void> {
  await openFailedOrders(page, FAILED - 1)
  const row = rows(page).first()
  const id = await idOf(row)
  const status = (): Promise<unknown> =>
    orders.sql('select status, next_attempt_at from outbox_message where id = $1', [id])
  const before = await status()
  await row.click()
  await row.getByRole('checkbox').click()
  await page
    .getByRole('toolbar')
    .getByRole('button', { name: /^Resolve/ })
    .click()
  const dialog = page.getByRole('dialog', { name: 'Resolve in orders' })
  const act = dialog.getByRole('button', { name: 'Resolve 1 message' })
  expect(await act.isDisabled()).toBe(true)
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('refunded by hand')
  await act.click()
  await dialog.getByText('1 message resolved.').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  expect(await status()).toEqual([{ status: 'failed', next_attempt_at: 'infinity' }])

  const inspector = page.getByRole('article', { name: 'Message' })
  await inspector.getByText('refunded by hand').first().waitFor()
  await inspector.getByRole('button', { name: 'Undo resolve…' }).click()
  await inspector.getByRole('button', { name: 'Undo resolve of 1 message' }).click()
  await rows(page)
    .nth(FAILED - 2)
    .waitFor()
  await expect.poll(status).toEqual(before)
}

async function readJournal(page: Page): Promise<void> {
  await goTo(page, 'Journal')
  for (const text of ['Added the source orders', 'Job done', 'Resolved 1 message', 'Undid a resolve']) {
    await page.getByText(text).first().waitFor()
  }
  await page.getByText('refunded by hand').first().waitFor()
  await page.getByRole('button', { name: 'Verify the journal' }).click()
  await page.getByText(/Intact: \d+ entries\./).waitFor()
}

async function resendInProduction(page: Page, { payroll, broker, queue }: JourneyFixture): Promise<void> {
  await openOverview(page)
  await page.getByRole('link', { name: 'Show the failed messages of payroll' }).click()
  await rows(page).nth(1).waitFor()
  await page.getByRole('checkbox', { name: 'Select all loaded messages' }).click()
  await page
    .getByRole('toolbar')
    .getByRole('button', { name: /^Resend/ })
    .click()
  const unlock = page.getByRole('dialog', { name: 'Unlock payroll' })
  const unlockButton = unlock.getByRole('button', { name: /^Unlock payroll for/ })
  expect(await unlockButton.isDisabled()).toBe(true)
  await unlock.getByRole('textbox', { name: 'Name of the source' }).fill('payroll')
  expect(await unlockButton.isDisabled()).toBe(true)
  await unlock.getByRole('textbox', { name: 'Why' }).fill('INC-7: the broker is back')
  await unlockButton.click()

  const dialog = page.getByRole('dialog', { name: 'Resend from payroll' })
  const resend = dialog.getByRole('button', { name: 'Resend 2 messages' })
  await resend.waitFor()
  expect(await resend.isDisabled()).toBe(true)
  const count = dialog.getByRole('textbox', { name: 'Number of messages' })
  await count.fill('3')
  expect(await resend.isDisabled()).toBe(true)
  await count.fill('2')
  await resend.click()
  await dialog.getByText('Done: 2 of 2').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  expect(await payroll.sql('select distinct status from outbox_message')).toEqual([{ status: 'sent' }])
  expect(await broker.count(queue)).toBe(3)
}

async function openFailedOrders(page: Page, count: number): Promise<void> {
  await openFailed(page, 'orders')
  await rows(page)
    .nth(count - 1)
    .waitFor()
  expect(await rows(page).count()).toBe(count)
}
