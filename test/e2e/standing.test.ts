import { expect, test } from 'vitest'
import { rabbit } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { openConsole } from './console.ts'
import { goTo, sentence } from './pages.ts'
import { startSlowly, statuses } from './slow-job.ts'

const MESSAGES = 150
/** Some are published and nobody hears of them. */
const SILENCE_MS = 500

test('a job is paused, stands, is continued, and everything is sent once', async (context) => {
  const opened = await openConsole(context)
  const { page, broker, queue } = opened
  await startSlowly(opened, MESSAGES)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('[data-stands="paused"]').getByText('Paused by an operator', { exact: false }).waitFor()
  const { sent = 0, failed = 0, ...others } = await statuses(opened)
  // Nothing is held, and what the broker has is what the rows say.
  expect(others).toEqual({})
  expect(sent + failed).toBe(MESSAGES)
  expect(await broker.count(queue)).toBe(sent)
  await sentence(page).getByText(`Paused with ${failed} messages left.`).waitFor()

  await page.getByRole('button', { name: `Continue with ${failed} messages` }).click()
  await sentence(page).getByText('Done: the broker confirmed every message.').waitFor()
  const delivered = (await broker.drain(queue)).map(({ messageId }) => messageId)
  expect(new Set(delivered).size).toBe(MESSAGES)
  expect(delivered).toHaveLength(MESSAGES)
})

test('the broker falls silent: the job waits and goes on by itself, and a person decides what nobody knows', async (context) => {
  const { host, port } = rabbit
  const proxy = await openTcpProxy({ host, port })
  context.onTestFinished(() => proxy.close())
  const opened = await openConsole(context, { brokerPort: proxy.port })
  const { page, database, broker, queue } = opened
  await startSlowly(opened, MESSAGES)
  proxy.blackHole('down')
  await page.waitForTimeout(SILENCE_MS)
  proxy.refuse(true)
  proxy.cut()
  const waiting = page.locator('[data-stands="waiting"]')
  await waiting.getByText(/Waiting since/).waitFor()
  await waiting.getByText('it goes on by itself', { exact: false }).waitFor()
  await page.screenshot({ path: '.cache/screenshots/job-waiting.png' })
  proxy.blackHole()
  proxy.refuse(false)
  await sentence(page)
    .getByText(/^Ended, but the outcome of \d+ messages is unknown/)
    .waitFor({ timeout: 40_000 })

  await goTo(page, 'Unknown outcomes')
  const outcomes = page.locator('[data-outcome]')
  await outcomes.first().waitFor()
  const count = await outcomes.count()
  const unknown = await database.sql(`select id, message_id from outbox_message where status = 'sending'`)
  expect(unknown).toHaveLength(count)
  // The engine does not know; the test can look. They had left before the silence was cut.
  const arrived = new Set((await broker.drain(queue)).map(({ messageId }) => messageId))
  const [first] = unknown.filter((row) => arrived.has(row['message_id'] ?? ''))
  await page.screenshot({ path: '.cache/screenshots/unknown.png' })
  await page.getByRole('checkbox', { name: `Select message ${first?.['id'] ?? ''}`, exact: true }).click()
  await page.getByRole('button', { name: 'Decide 1 selected outcome…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Decide unknown outcomes' })
  await dialog.locator('[data-test="settle-sent"]').click()
  expect(await dialog.getByRole('button', { name: 'Mark 1 message sent' }).isDisabled()).toBe(true)
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('it is in the log of the receiver')
  await dialog.getByRole('button', { name: 'Mark 1 message sent' }).click()
  await expect.poll(() => outcomes.count()).toBe(count - 1)
  expect(await database.sql('select status from outbox_message where id = $1', [first?.['id']])).toEqual([
    { status: 'sent' },
  ])

  await page.getByRole('button', { name: /^Decide (all )?\d+ unknown outcomes?…$/ }).click()
  await dialog.locator('[data-test="settle-not-sent"]').click()
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('the receiver deduplicates')
  await dialog.getByRole('button', { name: /^Mark \d+ messages? failed$/ }).click()
  await page.getByText('No outcome is unknown.', { exact: false }).waitFor()
  expect(await statuses(opened)).toEqual({ sent: MESSAGES - count + 1, failed: count - 1 })
})
