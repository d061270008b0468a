import type { Locator, Page } from 'playwright-core'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { rabbit } from '../support/rabbitmq.ts'

/** The parts of the journey that a person does on the connections page. */
export interface NewSource {
  readonly name: string
  readonly database: Pick<TestDatabase, 'name'>
  readonly environment: 'Development' | 'Production'
  /** The server's own where it is not said. */
  readonly password?: string
}

export async function addBroker(page: Page, name: string): Promise<void> {
  await page.locator('[data-add="broker"]').click()
  await field(page, 'Name').fill(name)
  await field(page, 'Host').fill(rabbit.host)
  await field(page, 'Port').fill(String(rabbit.port))
  await field(page, 'Virtual host').fill('/')
  await field(page, 'User').fill(rabbit.user)
  await givePassword(page, rabbit.password)
  await testAndSave(page, `Add broker ${name}`)
}

export async function addSource(
  page: Page,
  { name, database, environment, password }: NewSource,
): Promise<void> {
  const server = serverAddress()
  await page.locator('[data-add="source"]').click()
  await field(page, 'Name').fill(name)
  await field(page, 'Host').fill(server.host)
  await field(page, 'Port').fill(String(server.port))
  await field(page, 'Database').fill(database.name)
  await field(page, 'User').fill(server.user)
  await givePassword(page, password ?? server.password)
  await page.locator('.n-radio-button').filter({ hasText: environment }).click()
  await field(page, 'Stuck after').fill('60')
  await testAndSave(page, `Add source ${name}`)
}

function field(page: Page, name: string): Locator {
  return page.getByRole('main').getByRole('textbox', { name, exact: true })
}

/** Servers that trust their neighbours have none. */
async function givePassword(page: Page, password: string): Promise<void> {
  await page.locator('[data-test="password-choice"]').click()
  const choice = password === '' ? 'none' : 'type it now'
  await page.locator('.n-base-select-option').filter({ hasText: choice }).click()
  if (password !== '') await page.locator('input[type="password"]').fill(password)
}

async function testAndSave(page: Page, save: string): Promise<void> {
  await page.getByRole('button', { name: 'Test this connection' }).click()
  await page.locator('[data-test="report"]').getByText('It works.').waitFor()
  await page.getByRole('button', { name: save }).click()
  await page
    .getByText('Saved. Nothing was tested', { exact: false })
    .or(page.locator('[aria-current="true"]'))
    .first()
    .waitFor()
}
