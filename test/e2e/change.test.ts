import { expect, test } from 'vitest'
import { addFailed } from '../support/cli-fixture.ts'
import { openConsole } from './console.ts'
import { openFailed, planOf, rows, unlock } from './pages.ts'

test('one message is edited, its difference read, and the receiver gets the edited text; the row keeps its own', async (context) => {
  const { page, database, broker, queue } = await openConsole(context)
  const [id = ''] = await addFailed(database, queue, 1)
  const content = () =>
    database.sql('select message_id, payload::text from outbox_message where id = $1', [id])
  const [before] = await content()

  await openFailed(page, 'orders')
  await rows(page).first().click()
  await page.getByRole('article', { name: 'Message' }).getByRole('button', { name: 'Edit…' }).click()
  await unlock(page, 'orders')
  const editor = page.getByRole('dialog', { name: `Edit and resend ${id}` })
  const toSend = editor.getByRole('textbox', { name: 'To send' })
  await toSend.fill('{"order": 0, "note": "päckchen"')
  await editor.getByText(/^Not JSON at line 1/).waitFor()
  expect(await editor.getByRole('button', { name: 'Review the plan' }).isDisabled()).toBe(true)
  await toSend.fill('{"order": 0, "note": "paket"}')
  await editor.getByRole('button', { name: 'Review the plan' }).click()

  const plan = planOf(page, 'orders')
  const changes = plan.locator('[data-test="changes"]')
  await changes.getByText('/note').waitFor()
  expect(await changes.locator('del').allTextContents()).toEqual(['"päckchen"'])
  expect(await changes.locator('ins').allTextContents()).toEqual(['"paket"'])
  await plan.getByRole('button', { name: 'Resend 1 message' }).click()
  await plan.getByText('Done: 1 of 1').waitFor()

  const [received] = await broker.drain(queue)
  expect(received).toMatchObject({
    messageId: before?.['message_id'],
    payload: '{"order": 0, "note": "paket"}',
  })
  // Which stored text it was: the first characters of its digest.
  expect(received?.headers['x-redrive-edited']).toMatch(/^[0-9a-f]{16}$/)
  expect(await content()).toEqual([before])
})

test('a message is redirected to another queue; a place that does not exist is named before', async (context) => {
  const { page, database, broker, queue } = await openConsole(context)
  const other = await broker.queue()
  const [id = ''] = await addFailed(database, queue, 1)

  await openFailed(page, 'orders')
  await rows(page).first().click()
  await page.getByRole('article', { name: 'Message' }).getByRole('button', { name: 'Edit…' }).click()
  await unlock(page, 'orders')
  const change = page.getByRole('dialog', { name: `Edit and resend ${id}` })
  await change.locator('[data-test="redirect-routingKey"]').click()
  const key = change.getByRole('textbox', { name: 'Other routing key' })
  const missing = broker.unusedName()
  await key.fill(missing)
  await change.getByRole('button', { name: 'Review the plan' }).click()
  const plan = planOf(page, 'orders')
  await plan.locator('[data-risk="queue-missing"]').getByText(missing, { exact: false }).waitFor()

  await plan.getByRole('button', { name: 'Edit or redirect…' }).click()
  await key.fill(other)
  await change.getByRole('button', { name: 'Review the plan' }).click()
  await plan.getByText('Nothing speaks against it.').waitFor()
  await plan.getByText(`routing key → ${other}`).waitFor()
  await plan.getByRole('button', { name: 'Resend 1 message' }).click()
  await plan.getByText('Done: 1 of 1').waitFor()
  expect(await broker.count(queue)).toBe(0)
  expect(await broker.count(other)).toBe(1)
  expect(await database.sql('select routing_key, status from outbox_message')).toEqual([
    { routing_key: queue, status: 'sent' },
  ])
})
