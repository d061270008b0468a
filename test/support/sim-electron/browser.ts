import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext } from 'playwright-core'
import { CHROMIUM_ARGS, chromiumPath } from '../chromium.ts'
import { record } from './control.ts'

let opened: Promise<BrowserContext> | null = null

/** Where the window is shown. The test drives the same page over a second connection. */
export function openBrowser(): Promise<BrowserContext> {
  opened ??= launch(join(String(process.env['SIM_USER_DATA']), 'chromium'))
  return opened
}

async function launch(profile: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    args: [...CHROMIUM_ARGS, '--remote-debugging-port=0'],
    viewport: null,
    locale: 'en-US',
  })
  // The windows answer the requests of their pages; a page that is no window's gets nothing.
  await context.route('**/*', async (route) => {
    record('request-outside', route.request().url())
    await route.abort('blockedbyclient')
  })
  const [port] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  record('browser', { endpoint: `http://127.0.0.1:${port}` })
  return context
}

export async function closeBrowser(): Promise<void> {
  await (await opened?.catch(() => null))?.close()
}
