import { expect, test } from 'vitest'
import { addRows } from '../support/postgres.ts'
import { openConsole } from './console.ts'
import { goTo, planOf, unlock } from './pages.ts'

const KEY = 'O-1042'
/** An audit looks at the counters of the server only when they must have settled. */
const AUDIT_MS = 40_000

test('a planted gap is audited, seen in the drawn chain, planned and sent in order', async (context) => {
  const { page, database, broker, queue } = await openConsole(context)
  const sent = { chain_key: KEY, type: 'OrderPaid', status: 'sent' } as const
  const failed = { ...sent, status: 'failed', attempts: 3, routing_key: queue, exchange: '' } as const
  const ids: string[] = []
  for (const row of [sent, sent, sent, failed, failed])
    ids.push(...(await addRows(database, [{ ...row, prev_id: ids.at(-1) ?? null }])))
  const [, second = '', third = '', fourth = '', fifth = ''] = ids
  await database.sql('delete from outbox_message where id = $1', [third])

  await goTo(page, 'Audits')
  await page.getByText('No audit yet.', { exact: false }).waitFor()
  await page.getByRole('button', { name: 'Audit…' }).click()
  await page
    .getByRole('dialog', { name: 'Audit chains' })
    .getByRole('button', { name: 'Audit orders' })
    .click()
  await page.getByText('1 finding in 4 messages.').waitFor({ timeout: AUDIT_MS })

  const row = page.locator('[data-finding="1"]')
  await row.getByText('missing').first().waitFor()
  expect(await row.textContent()).toContain(third)
  const box = (key: string) => page.locator(`[data-node="${key}"]`)
  await box(`hole ${third}`).waitFor()
  expect(
    await page.locator('[data-node]').evaluateAll((all) => all.map((one) => one.getAttribute('data-node'))),
  ).toEqual([
    `block ${ids[0] ?? ''}`,
    `block ${second}`,
    `hole ${third}`,
    `block ${fourth}`,
    `block ${fifth}`,
  ])
  await page.screenshot({ path: '.cache/screenshots/audit-gap.png' })
  await page.keyboard.press('ArrowRight')
  await page.locator('[data-test="node-facts"]').getByText(fifth, { exact: true }).waitFor()

  await page.keyboard.press('r')
  const repair = page.getByRole('dialog', { name: `Repair chain ${KEY}` })
  await repair.getByText(`Message ${third} does not exist any more.`, { exact: false }).waitFor()
  await repair.getByRole('button', { name: 'Review the plan of 2 messages' }).click()
  await unlock(page, 'orders')
  const plan = planOf(page, 'orders')
  await plan.getByRole('button', { name: 'Resend 2 messages' }).click()
  await plan.getByText('Done: 2 of 2').waitFor()
  const messageIds = await database.sql(
    'select message_id from outbox_message where id = any($1) order by id',
    [[fourth, fifth]],
  )
  expect((await broker.drain(queue)).map(({ messageId }) => messageId)).toEqual(
    messageIds.map((one) => one['message_id']),
  )

  // The message that is still missing keeps the chain broken, and the other view says so.
  await plan.getByRole('button', { name: 'Close' }).last().click()
  await goTo(page, 'Audits')
  await page.getByText('Damaged chains').click()
  await page.locator(`[data-chain="${KEY}"]`).click()
  await box(`hole ${third}`).waitFor()
  await box(`block ${fourth}`).click()
  await page.getByRole('link', { name: 'Open in the inbox' }).click()
  await page.getByRole('article', { name: 'Message' }).getByText(KEY).first().waitFor()
})
