import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, onTestFailed, test } from 'vitest'
import type { TestContext } from 'vitest'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import { startDesktop } from '../support/desktop.ts'
import type { Desktop } from '../support/desktop.ts'
import { scratchFolder } from '../support/scratch.ts'

function details(desktop: Desktop, kind: string): unknown[] {
  return desktop.records.filter((record) => record.kind === kind).map(({ detail }) => detail)
}

/** A source `orders` with failed messages, a folder for a desktop on it, and a plan for them that the command line wrote. */
async function scene(context: TestContext) {
  const { cli, database, queue } = await cliFixture(context)
  const ids = await addFailed(database, queue, 3)
  const [row] = await database.sql('select message_id from outbox_message where id = $1', [ids[0]])
  const folder = await scratchFolder()
  await copyFile(cli.workspaceFile, join(folder, 'redrive.json'))
  const plan = join(folder, 'night.redrive-plan')
  const made = await cli.here('plan', 'resend', '--source', 'orders', '--trouble', 'failed', '--out', plan)
  expect(made.code).toBe(0)
  return { folder, database, id: ids[0] ?? '', messageId: row?.['message_id'] ?? '', plan }
}

async function shot(page: Page, name: string): Promise<void> {
  page.setDefaultTimeout(15_000)
  onTestFailed(
    async () => void (await page.screenshot({ path: `.cache/screenshots/${name}.png` }).catch(() => null)),
  )
}

test('a link shows its message in the running console and at a start; what it cannot show is said; it never acts', async (context) => {
  const { folder, database, id, messageId } = await scene(context)
  const desktop = await startDesktop({ folder, arguments: [`redrive://orders/${messageId}`] })
  const { page } = desktop
  await shot(page, 'desktop-link')
  await page.locator(`[data-inspector="${id}"]`).getByText('connect ECONNREFUSED').first().waitFor()
  expect(new URL(page.url()).hash).toContain(`id=${id}`)
  expect(details(desktop, 'window')).toHaveLength(1)

  await desktop.ask('second-instance', ['--flag', 'redrive://nowhere/m-1'])
  await page.getByText('this workspace has no source of that name').waitFor()
  await desktop.ask('open-url', `redrive://orders/${id}`)
  await page.locator(`[data-inspector="${id}"]`).waitFor()
  await desktop.ask('second-instance', ['redrive://orders/no-such-message'])
  await page.getByText('No message no-such-message is in orders').waitFor()
  await desktop.ask('second-instance', ['redrive://orders/m-1/resend?now'])
  await page.getByText('This link does not name a message').waitFor()
  expect(details(desktop, 'window-focused').length).toBeGreaterThanOrEqual(4)

  // A link leads to a page and nowhere else: nothing was loaded but the console, nothing written.
  for (const loaded of details(desktop, 'loaded'))
    expect(loaded).toMatch(/^redrive-app:\/\/console\/(#\/message|$)/)
  expect(details(desktop, 'request-outside')).toEqual([])
  expect(await database.sql('select distinct status from outbox_message')).toEqual([{ status: 'failed' }])
})

test('a copied link is one that Redrive opens', async (context) => {
  const { folder, id, messageId } = await scene(context)
  const desktop = await startDesktop({ folder, arguments: [`redrive://orders/${id}`] })
  const { page } = desktop
  await shot(page, 'desktop-copy-link')
  await page.evaluate(`navigator.clipboard.writeText = async (text) => { window.copied = text }`)
  await page.getByRole('button', { name: 'Copy link' }).click()
  expect(await page.evaluate('window.copied')).toBe(`redrive://orders/${messageId}`)
})

test('a plan file is opened by association, by the menu and by a drop, and shown for review; a changed one is refused', async (context) => {
  const { folder, database, plan } = await scene(context)
  const desktop = await startDesktop({ folder, arguments: [plan] })
  const { page } = desktop
  await shot(page, 'desktop-plan')
  const dialog = page.getByRole('dialog', { name: 'Resend from orders' })
  await dialog.getByText('3 messages', { exact: false }).first().waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })

  await desktop.ask('choose-files', [plan])
  await desktop.ask('click-menu', 'Open Plan…')
  await dialog.getByText('3 messages', { exact: false }).first().waitFor()
  expect(details(desktop, 'open-dialog')).toMatchObject([
    { filters: [{ extensions: ['redrive-plan', 'ndjson'] }, { extensions: ['*'] }] },
  ])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })

  const text = await readFile(plan, 'utf8')
  await dropFile(page, 'night.ndjson', text)
  await dialog.getByText('3 messages', { exact: false }).first().waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })

  const changed = join(folder, 'changed.redrive-plan')
  await writeFile(changed, text.replace('connect', 'CONNECT').replace('"attempts":3', '"attempts":2'))
  await desktop.ask('second-instance', [changed])
  await expect.poll(() => details(desktop, 'message-box')).toMatchObject([{ type: 'error' }])
  expect(JSON.stringify(details(desktop, 'message-box'))).toContain('its digest does not fit')
  await desktop.ask('answer-dialog', 0)
  await dropFile(page, 'changed.ndjson', await readFile(changed, 'utf8'))
  await page.getByText('its digest does not fit').waitFor()
  expect(await database.sql('select distinct status from outbox_message')).toEqual([{ status: 'failed' }])
})

/** As a hand drops it: the browser gives the page a file, not a path. */
async function dropFile(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(
    `(() => {
      const files = new DataTransfer()
      files.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}))
      for (const kind of ['dragover', 'drop'])
        document.querySelector('main').dispatchEvent(
          new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files }),
        )
    })()`,
  )
}
