import type { Page } from 'playwright-core'

/** Over the sandbox's ledger, of which two messages stay unconfirmed. */
export const unconfirmedShots: readonly {
  readonly name: string
  readonly path: string
  readonly act?: (page: Page) => Promise<void>
}[] = [
  { name: 'unconfirmed', path: '#/confirmations?source=ledger' },
  {
    name: 'unconfirmed-ask',
    path: '#/confirmations?source=ledger',
    act: async (page) => {
      await page.locator('[data-unconfirmed]').first().waitFor()
      await page.keyboard.press('x')
      await page.keyboard.press('r')
    },
  },
  {
    name: 'unconfirmed-parked',
    path: '#/confirmations?source=ledger',
    act: (page) => page.locator('.parked summary').click(),
  },
  {
    name: 'unconfirmed-message',
    path: '#/confirmations?source=ledger',
    act: (page) => page.locator('[data-unconfirmed] a').first().click(),
  },
]
