import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { startDesktop } from '../support/desktop.ts'
import type { Desktop } from '../support/desktop.ts'

function details(desktop: Desktop, kind: string): unknown[] {
  return desktop.records.filter((record) => record.kind === kind).map(({ detail }) => detail)
}

/** The page is drawn and has the engine's answer in it. */
async function ready(page: Page): Promise<void> {
  page.setDefaultTimeout(15_000)
  await page.getByText('No source yet.').waitFor()
}

async function second(desktop: Desktop): Promise<Page> {
  await expect.poll(() => desktop.pages().length).toBe(2)
  const page = desktop.pages().find((one) => one !== desktop.page)
  if (page === undefined) throw new Error('there is no second window')
  return page
}

test('a second window is a console of its own on the one engine, and the desktop ends with the last one', async () => {
  const desktop = await startDesktop()
  await ready(desktop.page)
  await desktop.ask('click-menu', 'New Window')
  const other = await second(desktop)
  await ready(other)
  expect(details(desktop, 'utility-process')).toHaveLength(1)
  const [first, next] = details(desktop, 'window') as { x?: number; width: number }[]
  expect(next).toMatchObject({ width: first?.width, x: 28 })

  // Each goes its own way, and what the engine says reaches both.
  await other.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Journal' }).click()
  await other.getByRole('button', { name: 'Verify the journal' }).waitFor()
  await ready(desktop.page)
  const listening = `window.addEventListener('message', ({ data }) => { if (data?.type === 'redrive:engine') window.heard = data })`
  for (const page of [desktop.page, other]) await page.evaluate(listening)
  const [engine] = details(desktop, 'utility-process') as { pid: number }[]
  process.kill(engine!.pid, 'SIGKILL')
  for (const page of [desktop.page, other])
    await expect.poll(() => page.evaluate('window.heard?.error?.code'), { timeout: 10_000 }).toBe('internal')

  // A link goes to the window that was used last.
  await desktop.ask('focus-window', 1)
  await desktop.ask('second-instance', ['redrive://nowhere/m-1'])
  await desktop.page.getByText('this workspace has no source of that name').waitFor()
  expect(other.url()).toContain('#/journal')

  await desktop.ask('close-window', 1)
  await expect.poll(() => details(desktop, 'window-closed')).toEqual([1])
  await desktop.ask('second-instance', [])
  expect(details(desktop, 'window-focused').at(-1)).toBe(2)
  await desktop.ask('close-window', 2)
  expect(await desktop.exited).toBe(0)
  const saved = JSON.parse(await readFile(join(desktop.userData, 'window.json'), 'utf8')) as object
  expect(saved).toMatchObject({ bounds: { x: 28, y: 28 } })
})

test('a page that breaks down is opened again and says so; where it breaks down again, a person is asked', async () => {
  const desktop = await startDesktop()
  await ready(desktop.page)
  await desktop.ask('crash-page', 1)
  await expect.poll(() => details(desktop, 'page-crashed'), { timeout: 10_000 }).toEqual([1])
  const again = await second(desktop)
  await again.getByText('This page broke down and was opened again.').waitFor()
  await ready(again)
  expect(details(desktop, 'message-box')).toEqual([])
  expect(details(desktop, 'utility-process')).toHaveLength(1)

  await desktop.ask('crash-page', 1)
  await expect
    .poll(() => details(desktop, 'message-box'), { timeout: 10_000 })
    .toMatchObject([{ type: 'error', buttons: ['Open the page again', 'Close the window'] }])
  expect(JSON.stringify(details(desktop, 'message-box'))).toContain('jobs go on')
  await desktop.ask('answer-dialog', 1)
  expect(await desktop.exited).toBe(0)
})

test('the scheme of links is claimed by an installed Redrive only', async () => {
  const [unpacked, packed] = [await startDesktop(), await startDesktop({ env: { SIM_PACKAGED: '1' } })]
  expect(details(unpacked, 'protocol-client')).toEqual([])
  expect(details(packed, 'protocol-client')).toEqual(['redrive'])
})
