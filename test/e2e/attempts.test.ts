import { expect, test } from 'vitest'
import { addRows } from '../support/postgres.ts'
import { briskSweep, openConsole } from './console.ts'
import { goTo, openFailed, planOf, rows, sentence, unlock } from './pages.ts'

const ATTEMPTS_MAX = 3
/** Longer than the wait between two attempts. */
const NEXT_ATTEMPT_MS = 1_500

test('a message that comes back three times is failed, is found, and is sent from the console once its queue exists', async (context) => {
  const { page, database, broker } = await openConsole(context, { sweep: briskSweep })
  const queue = broker.unusedName()
  const [id = ''] = await addRows(database, [
    {
      message_id: 'order-17-paid',
      routing_key: queue,
      type: 'OrderPaid',
      payload: '{"order": 17}',
      created_at: '2026-01-01T00:00:00Z',
    },
  ])
  const row = async () =>
    (await database.sql('select status, attempts from outbox_message where id = $1', [id]))[0]

  await goTo(page, 'Sweeps')
  const sweep = page.locator('[data-sweep="orders"]')
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    await sweep.getByRole('button', { name: 'Sweep now…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Sweep orders once?' })
    if (attempt === 1) {
      // A look at what it will do is all that a locked source allows.
      expect(await dialog.getByRole('button', { name: 'Sweep orders now' }).isDisabled()).toBe(true)
      await dialog.getByRole('button', { name: 'Unlock orders…' }).click()
      await unlock(page, 'orders')
      await sweep.getByRole('button', { name: 'Sweep now…' }).click()
    }
    await dialog.getByRole('button', { name: 'Sweep orders now' }).click()
    const last = attempt === ATTEMPTS_MAX
    await sweep
      .locator(`.block[data-kind="${last ? 'attention' : 'retry'}"]`)
      .nth(last ? 0 : attempt - 1)
      .waitFor()
    expect(await row()).toEqual({ status: last ? 'failed' : 'pending', attempts: String(attempt) })
    if (!last) await page.waitForTimeout(NEXT_ATTEMPT_MS)
  }

  await openFailed(page, 'orders')
  expect(await rows(page).count()).toBe(1)
  await rows(page).first().click()
  const inspector = page.getByRole('article', { name: 'Message' })
  await inspector.getByText('3 of 3 attempts').waitFor()
  await inspector.getByText('NO_ROUTE', { exact: false }).first().waitFor()

  await inspector.getByRole('button', { name: 'Resend…' }).click()
  const plan = planOf(page, 'orders')
  await plan.locator('[data-risk="queue-missing"]').getByText(queue, { exact: false }).waitFor()
  await plan.getByRole('button', { name: 'Cancel' }).click()

  await broker.channel.assertQueue(queue, { durable: true })
  context.onTestFinished(async () => void (await broker.channel.deleteQueue(queue)))
  await inspector.getByRole('button', { name: 'Resend…' }).click()
  await plan.getByText('Nothing speaks against it.').waitFor()
  await plan.getByRole('button', { name: 'Resend 1 message' }).click()
  await plan.getByText('Done: 1 of 1').waitFor()
  await plan.getByRole('button', { name: 'Open the job' }).click()
  await sentence(page).getByText('Done: the broker confirmed every message.').waitFor()

  expect(await row()).toEqual({ status: 'sent', attempts: String(ATTEMPTS_MAX + 1) })
  expect(await broker.drain(queue)).toMatchObject([{ messageId: 'order-17-paid', payload: '{"order": 17}' }])
  await page.getByRole('link', { name: `Open message ${id}` }).click()
  await page.getByRole('article', { name: 'Message' }).getByText('sent', { exact: true }).first().waitFor()
})
