import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Shot } from './picture-stage.ts'

/** What the page loads, and what an act brings about, has come by then. */
const SETTLE_MS = 1_200

/** The address works once: its cookie is carried to other contexts. */
export async function logIn(
  browser: Browser,
  url: string,
): Promise<Awaited<ReturnType<BrowserContext['storageState']>>> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(url)
  const state = await context.storageState()
  await context.close()
  return state
}

/** An act that fails is told; what is seen then is the page without it. */
export async function openShot(page: Page, url: string, { name, path, act }: Shot): Promise<void> {
  await page.goto(new URL(path, url).href.replace(/\?token=[^#]*/, ''))
  await page.waitForTimeout(SETTLE_MS)
  await act?.(page).catch((error: unknown) => console.error(`${name}: ${String(error).split('\n')[0]}`))
  await page.waitForTimeout(SETTLE_MS / 2)
}
