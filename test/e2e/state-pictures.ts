import type { Page } from 'playwright-core'
import { dropDatabase, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { Shot } from './shot.ts'

const STOCK = 'stock'
const WAREHOUSE = 'warehouse'
/** Nothing listens there. */
const CLOSED_PORT = 9

export interface StatePictures {
  /** What a workspace says of them. */
  readonly sources: Readonly<Record<string, object>>
  close(): Promise<void>
}

/** A source whose role may not read its table, and one whose server is away. */
export async function openStatePictures(): Promise<StatePictures> {
  const name = `redrive_states_${process.pid}`
  const database = await openDatabase(name, true)
  await database.sql(await referenceSchema())
  await database.sql(`create role ${name} login password '${name}'`)
  const url = new URL(database.url)
  url.username = name
  const table = { profile: 'auto', table: 'public.outbox_message' }
  const common = { driver: 'postgres', outbox: table, stuckAfterSec: 300, maxAttempts: 3 }
  const away = `postgres://postgres@127.0.0.1:${CLOSED_PORT}/warehouse`
  return {
    sources: {
      [STOCK]: { ...common, url: url.href, password: { value: name }, environment: 'staging' },
      [WAREHOUSE]: {
        ...common,
        url: away,
        password: { value: serverAddress().password },
        environment: 'development',
      },
    },
    close: async () => {
      await database.sql(`drop owned by ${name}`)
      await database.sql(`drop role ${name}`)
      await database.close()
      await dropDatabase(name)
    },
  }
}

const openFirst = (page: Page): Promise<void> => page.locator('[role="row"][data-id]').first().click()
const tested = async (page: Page): Promise<void> => {
  await page.locator('.editor [data-test="test"]').click()
  await page.locator('.editor [data-test="report"], .editor [role="alert"]').first().waitFor()
}
const ofKind =
  (at: number) =>
  async (page: Page): Promise<void> => {
    await page.locator('[data-test=kind]').click()
    await page.locator('.n-base-select-option').nth(at).click()
  }
const halfButton =
  (at: number) =>
  async (page: Page): Promise<void> => {
    await openFirst(page)
    await page.locator('[data-test=half-message] button').nth(at).click()
  }
const inbox = (source: string, query: string): string =>
  `#/inbox?source=${source}&q=${encodeURIComponent(query)}`

export const stateShots: readonly Shot[] = [
  { name: 'inbox-no-permission', path: inbox(STOCK, 'trouble:failed') },
  { name: 'connection-no-permission', path: `#/connections?source=${STOCK}`, act: tested },
  { name: 'inbox-away', path: inbox(WAREHOUSE, 'trouble:failed') },
  { name: 'inbox-well', path: inbox('ledger', 'trouble:failed') },
  { name: 'inbox-filtered', path: inbox('shop-orders', 'trouble:failed error:"no such thing"') },
  {
    name: 'inbox-hex',
    path: inbox('notes', 'trouble:failed'),
    act: (page) => page.locator('[role="row"][data-id]').nth(1).click(),
  },
  { name: 'half-messages', path: inbox('bookings', 'trouble:unconfirmed'), act: openFirst },
  { name: 'half-message-ask', path: inbox('bookings', 'trouble:unconfirmed'), act: halfButton(0) },
  { name: 'half-message-decide', path: inbox('bookings', 'trouble:unconfirmed'), act: halfButton(1) },
  {
    name: 'plan-production',
    path: '#/dead-letters?queue=kafka%2Forders-dlt',
    act: async (page) => {
      await page.locator('[data-cause] .cause').first().click()
      await page.locator('[data-test=open-redrive]').click()
      await page.locator('[data-test=plan-redrive]').click()
      await page.locator('[data-test=estimate]').waitFor()
    },
  },
  {
    name: 'audit-places',
    path: '#/audits',
    act: async (page) => {
      await page.locator('[role=row]', { hasText: 'ledger' }).first().click()
      await page.locator('[data-test=compare]').click()
    },
  },
  {
    name: 'record-hex',
    path: '#/brokers?broker=kafka-eu&view=topics&topic=payments',
    act: async (page) => {
      await page.locator('[data-row]').first().click()
      await page.locator('[data-way=hex]').click()
    },
  },
  { name: 'source-postgres', path: '#/connections?new=source' },
  { name: 'source-mysql', path: '#/connections?new=source', act: ofKind(1) },
  { name: 'source-sqlite', path: '#/connections?new=source', act: ofKind(2) },
  { name: 'source-redis', path: '#/connections?new=source', act: ofKind(3) },
  {
    name: 'source-proof-log',
    path: '#/connections?new=source',
    act: async (page) => {
      await page.locator('[data-test=proof]').click()
      await page.locator('.n-base-select-option').nth(2).click()
      await page.locator('[data-test=proof-id]').scrollIntoViewIfNeeded()
    },
  },
  { name: 'broker-rabbitmq', path: '#/connections?new=broker' },
  { name: 'broker-kafka', path: '#/connections?new=broker', act: ofKind(1) },
  {
    name: 'alert-remove',
    path: '#/alerts',
    act: (page) => page.locator('[data-rule] .acts button').nth(1).click(),
  },
  {
    name: 'view-save',
    path: inbox('shop-orders', 'trouble:failed'),
    act: (page) =>
      page
        .getByRole('button', { name: /Keep|view|视图/ })
        .first()
        .click(),
  },
  {
    name: 'job-stop',
    path: '#/jobs',
    act: async (page) => {
      await page.locator('[role=row]', { hasText: 'orders-replay' }).first().click()
      await page.locator('.actions button').nth(1).click()
    },
  },
  {
    name: 'search-nothing',
    path: inbox('orders-replay', 'payload:"no such text"'),
  },
]
