import { expect, test } from 'vitest'
import { openConsole } from './console.ts'
import type { Console } from './console.ts'
import { resendAllFailed, planOf, sentence, unlock } from './pages.ts'

const MESSAGES = 10_000
const BAD_OF_EACH_KIND = 150

/** Failed messages of which every 33rd goes nowhere: by turns to an exchange and to a queue that do not exist. */
async function addGroup({ database, queue }: Console, exchange: string, lost: string): Promise<void> {
  await database.sql(
    `insert into outbox_message
       (message_id, exchange, routing_key, type, payload, status, attempts, created_at, updated_at, last_error)
     select 'm-' || i, case when bad and i % 2 = 0 then $1 else '' end, case when bad then $2 else $3 end, 'OrderPaid',
       jsonb_build_object('order', i), 'failed', 3, now() - interval '1 hour', now() - interval '1 hour', 'timeout'
     from (select i, i % 33 = 0 and i <= 33 * $4::int as bad from generate_series(1, $5::int) i) as numbered`,
    [exchange, lost, queue, 2 * BAD_OF_EACH_KIND, MESSAGES],
  )
}

const sentRows = async ({ database }: Console): Promise<number> =>
  Number((await database.sql(`select count(*) from outbox_message where status = 'sent'`))[0]?.['count'])

test('of ten thousand, three hundred go nowhere: the plan names them, the brake stops the run, and the page says what to do', async (context) => {
  const opened = await openConsole(context)
  const { page, database, broker, queue } = opened
  const [exchange, lost] = [broker.unusedName(), broker.unusedName()]
  await addGroup(opened, exchange, lost)

  await resendAllFailed(page, 'orders')
  await unlock(page, 'orders')
  const plan = planOf(page, 'orders')
  await plan.getByText('10,000 messages', { exact: true }).waitFor({ timeout: 30_000 })
  const risk = (kind: string) => plan.locator(`[data-risk="${kind}"]`)
  await risk('exchange-missing').getByText(`The exchange ${exchange} does not exist: 150 messages`).waitFor()
  await risk('queue-missing').getByText(`The queue ${lost} does not exist: 150 messages`).waitFor()
  // All of that was said before anything happened.
  expect(await sentRows(opened)).toBe(0)
  expect(await broker.count(queue)).toBe(0)

  await plan.getByRole('textbox', { name: 'Messages a second' }).fill('2000')
  await plan.locator('[data-test="brake"]').click()
  await plan.getByRole('button', { name: 'Resend 10,000 messages' }).click()
  await plan.getByText(/^Paused after/).waitFor({ timeout: 30_000 })
  await plan.getByRole('button', { name: 'Open the job' }).click()
  await page.screenshot({ path: '.cache/screenshots/brake-stopped.png' })

  const stands = page.locator('[data-stands="braked"]')
  await stands.getByText('The brake was pulled.').waitFor()
  await stands.getByText(/\d+ messages came back; at most 10 were allowed\./).waitFor()
  await stands.getByText('Have the binding made and continue', { exact: false }).waitFor()
  const stopped = await sentRows(opened)
  expect(stopped).toBeGreaterThan(500)
  expect(stopped).toBeLessThan(MESSAGES / 2)
  expect(await broker.count(queue)).toBe(stopped)

  await stands.getByRole('button', { name: /^Show \d+ returned$/ }).click()
  const items = page.getByRole('table').locator('.item')
  await items.first().waitFor()
  expect(await items.first().textContent()).toContain(lost)

  // Going on without a repair: the brake is pulled again by the next that come back, and not before.
  await page.getByRole('button', { name: /^Continue with/ }).click()
  await expect.poll(() => sentRows(opened), { timeout: 30_000 }).toBeGreaterThan(stopped + 300)
  await stands.waitFor()
  const again = await sentRows(opened)
  expect(again).toBeLessThan(MESSAGES - 2 * BAD_OF_EACH_KIND)

  await page.getByRole('button', { name: 'Stop…' }).click()
  await page
    .getByRole('dialog', { name: 'Stop this job?' })
    .getByRole('button', { name: 'Stop: publish nothing more' })
    .click()
  await sentence(page).getByText('Stopped by the operator', { exact: false }).waitFor()
  expect(await sentRows(opened)).toBe(again)

  await page.getByRole('button', { name: 'Resend what failed…' }).click()
  const rest = planOf(page, 'orders')
  await rest.getByRole('button', { name: 'Edit or redirect…' }).click()
  const change = page.getByRole('dialog', { name: 'Edit and resend from orders' })
  await change.locator('[data-test="redirect-exchange"]').click()
  await change.locator('[data-test="redirect-routingKey"]').click()
  await change.getByRole('textbox', { name: 'Other routing key' }).fill(queue)
  await change.getByRole('button', { name: 'Review the plan' }).click()
  await rest.getByText('Nothing speaks against it.').waitFor()
  await rest.getByRole('button', { name: /^Resend \d+ messages$/ }).click()
  await rest.getByText(/^Done: \d+ of \d+/).waitFor()

  const sent = await sentRows(opened)
  expect(sent).toBeGreaterThan(again + 20)
  const delivered = (await broker.drain(queue)).map(({ messageId }) => messageId)
  expect(delivered).toHaveLength(sent)
  expect(new Set(delivered).size).toBe(sent)
  // Sent elsewhere; the rows say what they said.
  const kept = await database.sql(
    `select count(*) from outbox_message where routing_key = $1 and status = 'sent'`,
    [lost],
  )
  expect(Number(kept[0]?.['count'])).toBe(sent - again)
})
