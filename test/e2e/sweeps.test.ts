import { expect, test } from 'vitest'
import { addRows } from '../support/postgres.ts'
import { rabbit } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { briskSweep, openConsole } from './console.ts'
import type { Console } from './console.ts'
import { goTo, unlock } from './pages.ts'

const EVERY_SEC = 5
/** A run that was due by then would have been seen. */
const WATCH_MS = 7_000
const THREE_RUNS_MS = 30_000

const addStuck = ({ database, queue }: Console) =>
  addRows(database, [{ routing_key: queue, type: 'OrderPaid', created_at: '2026-01-01T00:00:00Z' }])

async function switchOn({ page }: Console): Promise<void> {
  const sweep = page.locator('[data-sweep="orders"]')
  await sweep.getByRole('button', { name: 'Switch on…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Switch on the sweep of orders?' })
  await dialog.getByRole('button', { name: 'Unlock orders…' }).click()
  await unlock(page, 'orders')
  await sweep.getByRole('button', { name: 'Switch on…' }).click()
  await dialog.getByText('It stops by itself after three failed runs in a row.', { exact: false }).waitFor()
  await dialog.getByRole('button', { name: 'Switch on the sweep of orders' }).click()
}

test('a sweep is set up and switched on, resends by itself what is stuck, and does nothing once it is off', async (context) => {
  const opened = await openConsole(context)
  const { page, database, broker, queue } = opened
  await addStuck(opened)
  await goTo(page, 'Sweeps')
  const sweep = page.locator('[data-sweep="orders"]')
  await sweep.getByRole('button', { name: 'Set up…' }).click()
  const settings = page.getByRole('dialog', { name: 'Sweep of orders' })
  const every = settings.getByRole('textbox', { name: 'Run every' })
  await every.fill('1')
  await every.blur()
  await settings.getByText('From 5 to 86,400.').waitFor()
  await every.fill(String(EVERY_SEC))
  await every.blur()
  await settings.getByRole('button', { name: 'Save the sweep of orders' }).click()
  await sweep.getByText(`every ${EVERY_SEC} s`, { exact: false }).waitFor()
  // Set up is not switched on.
  await page.waitForTimeout(WATCH_MS)
  expect(await broker.count(queue)).toBe(0)

  await switchOn(opened)
  await sweep.locator('.block[data-kind="good"]').first().waitFor()
  await sweep.getByText(/^in \d+ s$/).waitFor()
  expect(await broker.count(queue)).toBe(1)
  expect(await database.sql('select status, attempts from outbox_message')).toEqual([
    { status: 'sent', attempts: '1' },
  ])
  await sweep.getByRole('button', { name: 'Runs of orders' }).click()
  await sweep.getByRole('link', { name: 'Show its job' }).click()
  await page.getByRole('heading', { name: 'Sweep of orders' }).waitFor()

  await goTo(page, 'Sweeps')
  await sweep.getByRole('button', { name: 'Switch off' }).click()
  await sweep.getByRole('button', { name: 'Switch on…' }).waitFor()
  await addStuck(opened)
  await page.waitForTimeout(WATCH_MS)
  expect(await broker.count(queue)).toBe(1)
})

test('a sweep whose broker is away stops by itself after three runs, says why, and is switched on again', async (context) => {
  const { host, port } = rabbit
  const proxy = await openTcpProxy({ host, port })
  context.onTestFinished(() => proxy.close())
  const opened = await openConsole(context, { brokerPort: proxy.port, sweep: briskSweep })
  const { page, database, broker, queue } = opened
  await addStuck(opened)
  proxy.refuse(true)
  await goTo(page, 'Sweeps')
  const sweep = page.locator('[data-sweep="orders"]')
  await switchOn(opened)
  await sweep.getByText('Stopped by itself after 3 failed runs in a row.').waitFor({ timeout: THREE_RUNS_MS })
  expect(await sweep.locator('.block[data-kind="failed"]').count()).toBe(3)
  await page.screenshot({ path: '.cache/screenshots/sweep-stopped.png' })
  // A broker that is away costs no message an attempt.
  expect(await database.sql('select status, attempts from outbox_message')).toEqual([
    { status: 'pending', attempts: '0' },
  ])
  await page.waitForTimeout(WATCH_MS)
  expect(await sweep.locator('.block').count()).toBe(3)

  proxy.refuse(false)
  await sweep.getByRole('button', { name: 'Switch on again…' }).click()
  await page.getByRole('button', { name: 'Switch on the sweep of orders' }).click()
  await sweep.locator('.block[data-kind="good"]').first().waitFor({ timeout: THREE_RUNS_MS })
  expect(await broker.count(queue)).toBe(1)
})
