import type { Page } from 'playwright-core'
import type { Client } from './picture-history.ts'

const SOURCE = 'shop-orders'
const ALL = `#/inbox?source=${SOURCE}&q=${encodeURIComponent('source:* trouble:failed')}`
const FAILED = `#/inbox?source=${SOURCE}&q=trouble:failed`

/** Notes, somebody who looks after a message, and two views. */
export async function makeTriage(client: Client): Promise<void> {
  const asked = { source: SOURCE, filter: { trouble: 'failed' as const } }
  for (const order of ['newest', 'oldest'] as const) {
    const { messages } = await client.messages.list({ ...asked, order, cursor: null, limit: 3 })
    for (const [at, { id, messageId }] of messages.entries()) {
      const noted = { source: SOURCE, id, messageId }
      if (at < 2) await client.notes.add({ ...noted, text: 'the bank answers again at six; resend then' })
      if (at > 0) await client.notes.assign({ ...noted, to: 'me' })
    }
  }
  const view = { view: null, grouping: 'error' as const, order: 'oldest' as const }
  await client.views.save({
    ...view,
    name: 'failed for an hour',
    query: 'trouble:failed age:>1h',
    source: SOURCE,
  })
  await client.views.save({
    ...view,
    name: 'all production',
    query: 'env:production trouble:failed',
    source: null,
  })
}

const chord = (first: string, second: string) => async (page: Page) => {
  await page.keyboard.press(first)
  await page.keyboard.press(second)
}
const typing =
  (text: string) =>
  async (page: Page): Promise<void> => {
    await page.keyboard.press('/')
    await page.keyboard.press('Control+a')
    await page.keyboard.type(text)
    await page.keyboard.press('ArrowDown')
  }
/** New ones come in above the newest. */
const OLDEST = `${FAILED}&order=oldest`
const openFirst = (page: Page): Promise<void> => page.locator('[role="row"][data-id]').first().click()

export const triageShots = [
  { name: 'inbox-all', path: ALL, act: openFirst },
  {
    name: 'inbox-all-spans',
    path: ALL,
    act: async (page: Page): Promise<void> => {
      await page.keyboard.press('x')
      for (let step = 0; step < 30; step += 1) await page.keyboard.press('j')
      await page.keyboard.press('x')
    },
  },
  {
    name: 'search-payload',
    path: `#/inbox?source=${SOURCE}&q=${encodeURIComponent('payload:"Köln"')}`,
    act: openFirst,
  },
  {
    name: 'payload-compared',
    path: `#/inbox?source=${SOURCE}&q=trouble:stuck`,
    act: async (page: Page): Promise<void> => {
      await openFirst(page)
      await page.locator('.tabs [role="tab"]').nth(2).click()
      await page.locator('[data-compared] .cm-content, [data-compared] p').first().waitFor()
    },
  },
  { name: 'query', path: FAILED, act: typing('trouble:failed ty') },
  { name: 'query-fresh', path: FAILED, act: (page: Page) => page.keyboard.press('/') },
  { name: 'query-mistaken', path: FAILED, act: typing('trouble:lost type:Order') },
  {
    name: 'inbox-noted',
    path: OLDEST,
    act: (page: Page) => page.locator('[role="row"][data-id]').nth(1).click(),
  },
  {
    name: 'note',
    path: FAILED,
    act: async (page: Page): Promise<void> => (await openFirst(page), await page.keyboard.press('m')),
  },
  { name: 'views', path: FAILED, act: chord('g', 'v') },
  { name: 'hand-over', path: FAILED, act: chord('g', 'h') },
  { name: 'undo-last', path: FAILED, act: (page: Page) => page.keyboard.press('u') },
]
