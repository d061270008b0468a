import { join, resolve } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { openPage } from '../support/browser.ts'
import { sql, start, temporaryFolder, until } from '../support/sandbox-run.ts'
import { goTo, unlock } from './pages.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
/** A message is unconfirmed when it had twenty seconds. */
const UNCONFIRMED_MS = 60_000

test('the sandbox confirms, and its sender is asked for what its receiver cannot take', async () => {
  const sandbox = await start(await temporaryFolder())
  const log = pino({ level: 'silent' })
  const { workspace, memoryBroker, storeDir } = sandbox
  const running = await compose({
    ...{ host: 'http', version: '0.0.0-test', operator: 'tester', log, memoryBroker, workspace },
    ...{
      dataDir: storeDir,
      workspacePath: null,
      secrets: createMemorySecrets({ env: {} }),
      keepsPasswords: false,
    },
  })
  onTestFinished(() => running.close())
  const host = await serveHttp({
    router: running.router,
    self: running.self,
    rendererDir: join(PROJECT_DIR, 'out', 'renderer'),
    port: 0,
    log,
  })
  onTestFinished(() => host.close())
  const { page, complaints } = await openPage()
  await page.goto(host.url)
  await goTo(page, 'Unconfirmed')
  await page.getByText('The callback service is running, and caught up').waitFor()
  const row = page.locator('[data-unconfirmed]').first()
  await row.waitFor({ timeout: UNCONFIRMED_MS })
  const id = (await row.getAttribute('data-unconfirmed')) ?? ''
  await row.getByRole('checkbox').click()
  await page.getByRole('button', { name: 'Unlock ledger…' }).click()
  await unlock(page, 'ledger')
  await page.getByRole('button', { name: 'Ask the sender to resend 1 message…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Ask the sender of ledger to resend' })
  await dialog.getByRole('textbox', { name: 'Why (kept in the journal)' }).fill('the customer waits')
  await dialog.getByRole('button', { name: 'Ask the sender to resend 1 message' }).click()
  await dialog.locator(`[data-asked="${id}"]`).getByText('will resend (202)').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  // The sender has sent it again; the receiver stands before its hole still, so that nothing is confirmed by it.
  await until('the relay has sent it again', async () => {
    const [sent] = await sql<{ attempts: number }>(
      sandbox,
      'ledger',
      `select attempts from outbox_message where id = ${id} and status = 'sent'`,
    )
    return (sent?.attempts ?? 0) >= 2
  })
  await page.locator(`[data-unconfirmed="${id}"]`).getByText('1 of 3').waitFor()
  await page.locator(`[data-unconfirmed="${id}"] a`).click()
  await page.getByText('Not confirmed by the receiver').waitFor()
  await page.getByText('Sender asked to resend it by tester: will resend').waitFor()
  expect(complaints).toEqual([])
})
