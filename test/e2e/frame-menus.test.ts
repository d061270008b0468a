import { expect, test } from 'vitest'
import { openConsole } from './console.ts'

test('the choice of the source and the settings open at the first press, by keyboard alone', async (context) => {
  const { page } = await openConsole(context)
  const keys = page.keyboard

  const closed = page.getByRole('button', { name: 'Source: orders' })
  await closed.focus()
  await keys.press('ArrowDown')
  const choice = page
    .getByRole('textbox', { name: 'Source' })
    .or(page.getByRole('combobox', { name: 'Source' }))
  await choice.first().waitFor()
  await page.locator('.n-base-select-option', { hasText: 'orders' }).waitFor()
  // What is typed now narrows the choice, and is no key of the page.
  await keys.type('ord')
  await keys.press('Enter')
  await page.locator('.n-base-select-option').waitFor({ state: 'hidden' })
  expect(new URL(page.url()).pathname).toBe('/')

  await page.getByRole('button', { name: 'Settings' }).focus()
  // Enter is the page's own here.
  await keys.press('Space')
  const dark = page.getByText('Dark').first()
  await dark.waitFor()
  await keys.press('Escape')
  await dark.waitFor({ state: 'hidden' })
  await expect
    .poll(() => page.getByRole('button', { name: 'Settings' }).evaluate((one) => one.matches(':focus')))
    .toBe(true)
})
