import { expect, test } from 'vitest'
import { openConsole } from './console.ts'
import { goTo } from './pages.ts'

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
  await keys.press('Enter')
  const dark = page.getByText('Dark').first()
  await dark.waitFor()
  await keys.press('Escape')
  await dark.waitFor({ state: 'hidden' })
  await expect
    .poll(() => page.getByRole('button', { name: 'Settings' }).evaluate((one) => one.matches(':focus')))
    .toBe(true)
})

test('Enter presses the button that has the focus, and not what the page does with Enter', async (context) => {
  const { page } = await openConsole(context)
  const dark = page.getByText('Dark').first()
  for (const name of ['Overview', 'Audits', 'Jobs', 'Unknown outcomes', 'Sweeps', 'Alerts', 'Journal']) {
    await goTo(page, name)
    await page.getByRole('button', { name: 'Settings' }).focus()
    await page.keyboard.press('Enter')
    await dark.waitFor()
    await page.keyboard.press('Escape')
    await dark.waitFor({ state: 'hidden' })
  }
})

test('a link of the rail that was followed, a button or a choice that was clicked: the keys are the page again', async (context) => {
  const { page } = await openConsole(context)
  const keys = page.keyboard

  await page.getByRole('link', { name: 'Sweeps' }).focus()
  await keys.press('Enter')
  await page.getByRole('heading', { name: 'Sweeps' }).waitFor()
  await expect.poll(() => page.locator('main').evaluate((main) => main.matches(':focus'))).toBe(true)

  await page.getByRole('link', { name: 'Overview' }).click()
  const row = page.locator('[data-source=orders]')
  const open = row.locator('[aria-expanded=true]').first()
  await page.getByText('24 h', { exact: true }).click()
  await keys.press('j')
  await keys.press('Enter')
  await open.waitFor()
  await page.getByRole('button', { name: 'Refresh' }).click()
  await keys.press('k')
  await keys.press('Enter')
  await open.waitFor({ state: 'hidden' })
})

test('a page that comes late leaves the focus where somebody went meanwhile: Enter presses that button', async (context) => {
  const { page } = await openConsole(context)
  const held = Promise.withResolvers<undefined>()
  await page.route(/AuditsPage/, async (route) => {
    await held.promise
    await route.continue()
  })
  await page.getByRole('link', { name: 'Audits' }).click()
  const settings = page.getByRole('button', { name: 'Settings' })
  await settings.focus()
  held.resolve(undefined)
  await page.getByRole('heading', { name: 'Audits' }).first().waitFor()
  expect(await settings.evaluate((button) => button.matches(':focus'))).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByText('Dark').first().waitFor()
})
