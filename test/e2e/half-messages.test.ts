import { expect, test } from 'vitest'
import { startCheckService } from '../../src-main/sandbox/check-service.ts'
import type { CheckFate } from '../../src-main/sandbox/check-service.ts'
import { checkBackOf } from '../support/check-backs.ts'
import { openConsole } from './console.ts'

const PICTURES = process.env['REDRIVE_PICTURES']

test('half messages: asked about by hand, decided in the place of a silent producer, and asked on schedule', async (context) => {
  const service = await startCheckService((id) => id.split('-')[0] as CheckFate)
  context.onTestFinished(() => service.close())
  const { page, database, queue } = await openConsole(context, {
    checkBack: checkBackOf(service.url, { checksMax: 1 }),
  })
  const picture = async (name: string) => {
    if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png` })
  }
  const prepare = (id: string) =>
    database.sql(
      `insert into outbox_message (message_id, status, created_at, routing_key, payload, type)
       values ($1, 'prepared', now() - interval '1 hour', $2, '{}', 'RoomBooked')`,
      [id, queue],
    )
  const statusOf = async (id: string) =>
    (await database.sql('select status from outbox_message where message_id = $1', [id]))[0]?.['status']
  await prepare('unknown-1')
  await page.goto(`${new URL(page.url()).origin}/#/inbox?source=orders&q=trouble%3Aunconfirmed`)
  await page.locator('[role=row][data-id]').first().click()
  const facts = page.locator('[data-test=half-message]')
  await facts.getByText('has not been asked yet').waitFor()
  await picture('half-inbox')
  await facts.getByRole('button', { name: 'Ask now…' }).click()
  const unlock = page.getByRole('dialog', { name: 'Unlock orders' })
  await unlock.getByRole('button', { name: /^Unlock orders for/ }).click()
  const ask = page.getByRole('dialog', { name: 'Ask the producer: orders' })
  await ask.getByRole('button', { name: 'Ask about 1 message' }).click()
  await ask.getByText('1 parked').waitFor()
  await picture('half-asked')
  await ask.getByRole('button', { name: 'Close' }).last().click()
  await facts.getByText('parked: a person decides').waitFor()
  await facts.getByRole('button', { name: 'Decide…' }).click()
  const decide = page.getByRole('dialog', { name: 'Decide for the producer: orders' })
  await decide.getByText('Roll back: the business was not done').click()
  await decide.getByRole('textbox', { name: 'Reason' }).fill('the guest called it off')
  await decide.getByRole('textbox', { name: 'Message id' }).fill('unknown-1')
  await picture('half-decide')
  await decide.getByRole('button', { name: 'Roll back 1 message' }).click()
  await decide.waitFor({ state: 'detached' })
  expect(await statusOf('unknown-1')).toBe('failed')

  await prepare('yes-1')
  await page.goto(`${new URL(page.url()).origin}/#/sweeps`)
  const row = page.locator('[data-check-back=orders]')
  await row.getByRole('button', { name: 'Switch on…' }).click()
  const on = page.getByRole('dialog', { name: 'Switch on the check-back of orders' })
  await picture('half-switch-on')
  await on.getByRole('button', { name: 'Switch on' }).click()
  await row.getByText('1 committed').waitFor()
  await picture('half-schedule')
  expect(await statusOf('yes-1')).toBe('pending')
  await row.getByRole('button', { name: 'Switch off' }).click()
  await page.locator('[data-check-back=orders][data-state=off]').waitFor()
})
