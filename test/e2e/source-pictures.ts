import type { Page } from 'playwright-core'

/** Sources of the sandbox that are no PostgreSQL: a file, and a Redis where this machine has one. */
const OTHERS = ['branch-office', 'basket-staged'] as const

const tested =
  (source: string) =>
  async (page: Page): Promise<void> => {
    await page.locator(`[data-connection="source ${source}"]`).click()
    await page.locator('.editor [data-test="test"]').click()
    await page.locator('[data-test="report"]').waitFor()
  }

/** The ledger's receiver has an inbox. */
const duplicates = async (page: Page): Promise<void> => {
  await page.locator('[data-connection="source ledger"]').click()
  await page.locator('[data-test="check-duplicates"]').click()
  await page.locator('[data-duplicates]').scrollIntoViewIfNeeded()
}

const openFirst = (page: Page): Promise<void> => page.locator('[role="row"][data-id]').first().click()

export const sourceShots = [
  { name: 'connection-duplicates', path: '#/connections', act: duplicates },
  { name: 'connections', path: '#/connections' },
  ...OTHERS.map((source) => ({ name: `connection-${source}`, path: '#/connections', act: tested(source) })),
  { name: 'inbox-staged', path: '#/inbox?source=basket-staged&q=trouble:stuck', act: openFirst },
  { name: 'inbox-branch-office', path: '#/inbox?source=branch-office&q=trouble:failed', act: openFirst },
]
