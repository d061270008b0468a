import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'
import { CHROMIUM_ARGS, chromiumPath } from './chromium.ts'

export interface BrowserPage {
  readonly page: Page
  /** Errors and warnings of the console and of scripts; empty where all is well. */
  readonly complaints: readonly string[]
}

/** One for all tests of a file: to start it takes seconds. */
let browser: Promise<Browser> | null = null
afterAll(async () => {
  await (await browser)?.close()
})

/** A page in a window of this test's own, which knows nothing of the others. */
export async function openPage(): Promise<BrowserPage> {
  browser ??= chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
  const context = await (
    await browser
  ).newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return { page, complaints }
}
