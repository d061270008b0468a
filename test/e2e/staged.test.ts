import { expect, test } from 'vitest'
import { redisPrefix } from '../support/redis.ts'
import { addSqliteRows, sqliteFile } from '../support/sqlite.ts'
import { openConsole } from './console.ts'
import type { Console } from './console.ts'
import { goTo, openOverview, rows } from './pages.ts'

const HOUR_MS = 3_600_000
const MESSAGES = 3

async function addOf(
  { page }: Console,
  kind: string,
  options: { name: string; address: string; table: string },
): Promise<void> {
  await goTo(page, 'Connections')
  await page.locator('[data-add="source"]').click()
  const field = (name: string) => page.getByRole('main').getByRole('textbox', { name, exact: true })
  await field('Name').fill(options.name)
  await page.locator('[data-test="kind"]').click()
  await page.locator('.n-base-select-option').filter({ hasText: kind }).click()
  await page.locator('[data-test="whole-address"] input').fill(options.address)
  await field('Table').fill(options.table)
  await field('Stuck after').fill('60')
  await page.getByRole('button', { name: 'Test this connection' }).click()
  await page.locator('[data-test="report"]').getByText('It works.').waitFor()
}

async function seeStuck({ page }: Console, source: string): Promise<void> {
  await page.getByRole('button', { name: `Add source ${source}` }).click()
  await page.locator(`[data-connection="source ${source}"]`).waitFor()
  await openOverview(page)
  await page.getByRole('link', { name: `Show the stuck messages of ${source}` }).click()
  await rows(page)
    .nth(MESSAGES - 1)
    .waitFor()
  expect(await rows(page).count()).toBe(MESSAGES)
  await rows(page).first().click()
  await page.getByRole('article', { name: 'Message' }).getByText('päckchen').first().waitFor()
}

test('a Redis is added by its address; what a crash would lose is said, and what is staged is seen', async (context) => {
  const opened = await openConsole(context)
  const { redis, prefix, url } = await redisPrefix()
  for (let n = 1; n <= MESSAGES; n += 1)
    await redis.hset(`${prefix}:${n}`, {
      message_id: `m-${n}`,
      type: 'OrderPaid',
      payload: '{"note":"päckchen"}',
      created_at: Date.now() - HOUR_MS,
    })
  const { page } = opened
  await addOf(opened, 'Redis', { name: 'staged', address: url, table: `${prefix}:*` })
  await page.locator('[data-test="report-facts"]').getByText('Append-only file').waitFor()
  await page.locator('[data-test="report-warnings"]').getByText('a crash').first().waitFor()
  await page.screenshot({ path: '.cache/screenshots/staged-form.png' })
  await seeStuck(opened, 'staged')
  // Whoever wants to write first says what the fields mean, on the messages themselves.
  await page.goto(page.url().replace(/#.*/, '#/connections/staged/mapping?step=rows'))
  await page.locator('[data-state="pending"]').first().waitFor()
  await page.screenshot({ path: '.cache/screenshots/staged-mapping.png' })
})

test('a file of SQLite is added by its path, read without a login, and its journal named', async (context) => {
  const opened = await openConsole(context)
  const file = await sqliteFile()
  const old = new Date(Date.now() - HOUR_MS).toISOString().replace('T', ' ').replace('Z', '')
  addSqliteRows(
    file,
    Array.from({ length: MESSAGES }, () => ({ created_at: old, payload: '{"note":"päckchen"}' })),
  )
  const { page } = opened
  await addOf(opened, 'SQLite', { name: 'kiosk', address: file.path, table: 'outbox_message' })
  expect(await page.locator('input[type="password"]').count()).toBe(0)
  await page.locator('[data-test="report-facts"]').getByText('Write-ahead log').waitFor()
  await seeStuck(opened, 'kiosk')
})
