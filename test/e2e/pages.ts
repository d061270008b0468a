import type { Locator, Page } from 'playwright-core'

/** The ways through the console that every journey takes. All go by what is said on the page, as a person does. */

export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { name }).first().or(page.getByRole('main')).first().waitFor()
}

export function rows(page: Page): Locator {
  return page.getByRole('grid', { name: 'Messages' }).locator('[role="row"][data-id]')
}

export async function idOf(row: Locator): Promise<string> {
  return (await row.getAttribute('data-id')) ?? ''
}

/** The overview with what is in the databases now: a test writes there behind the console's back. */
export async function openOverview(page: Page): Promise<void> {
  await goTo(page, 'Overview')
  await page.getByRole('button', { name: 'Refresh' }).click()
}

/** Through the overview, so that the query line says what is shown. */
export async function openFailed(page: Page, source: string): Promise<void> {
  await openOverview(page)
  await page.getByRole('link', { name: `Show the failed messages of ${source}` }).click()
  await rows(page).first().waitFor()
}

/** Development: the name need not be typed. */
export async function unlock(page: Page, source: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: `Unlock ${source}` })
  await dialog.getByRole('button', { name: /^Unlock/ }).click()
}

/** The plan of the open resend dialog. */
export function planOf(page: Page, source: string): Locator {
  return page.getByRole('dialog', { name: `Resend from ${source}` })
}

export async function resendAllFailed(page: Page, source: string): Promise<Locator> {
  await openFailed(page, source)
  await page.getByRole('checkbox', { name: 'Select all loaded messages' }).click()
  const resend = page.getByRole('toolbar').getByRole('button', { name: /^Resend/ })
  await resend.waitFor()
  const all = page.getByRole('button', { name: 'Select all that match the filter' })
  if (await all.isVisible()) await all.click()
  await resend.click()
  return planOf(page, source)
}

/** What the job's page says first. */
export function sentence(page: Page): Locator {
  return page.locator('.sentence')
}
