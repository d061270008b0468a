import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { CHROMIUM_ARGS, chromiumPath } from './chromium.ts'

export interface BrowserPage {
  readonly page: Page
  /** Errors and warnings of the console and of scripts; empty where all is well. */
  readonly complaints: readonly string[]
}

/** A page of a browser of this test's own. */
export async function openPage(): Promise<BrowserPage> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-US' })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return { page, complaints }
}
