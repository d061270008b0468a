import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { PictureStage } from './picture-stage.ts'
import type { Shot } from './shot.ts'

/** News of the engine and a transition have come to rest by then. */
const REST_MS = 400
/** A page that still loads after that is pictured as it is. */
const SETTLE_MAX_MS = 15_000
/** The frame is there, no page or list waits for its first answer, nothing moves. */
const SETTLED = `document.querySelector('main') !== null
  && document.querySelector('[data-busy=true], [data-note=loading]') === null
  && !document.getAnimations().some((one) => one instanceof CSSTransition)`

type Cookies = Awaited<ReturnType<BrowserContext['storageState']>>

export interface Look {
  readonly viewport: { readonly width: number; readonly height: number }
  readonly colorScheme: 'light' | 'dark'
  readonly locale: 'en' | 'zh-CN'
}

/** Opens a shot of the stage as somebody sees it who has set his machine like this, and closes it after the use. */
export type OpenShot = <T>(shot: Shot, look: Look, use: (page: Page) => Promise<T>) => Promise<T>

/** The addresses of the consoles work once: their cookies are carried to the contexts of the shots. */
export async function enterStage(browser: Browser, { url, others }: PictureStage): Promise<OpenShot> {
  const urls = { main: url, ...others }
  const cookies = {
    main: await logIn(browser, urls.main),
    first: await logIn(browser, urls.first),
    forged: await logIn(browser, urls.forged),
    guarded: await logIn(browser, urls.guarded),
  }
  return async (shot, look, use) => {
    const where = shot.console ?? 'main'
    const context = await browser.newContext({ ...look, storageState: cookies[where] })
    try {
      const page = await context.newPage()
      await openShot(page, urls[where], shot)
      return await use(page)
    } finally {
      await context.close()
    }
  }
}

async function logIn(browser: Browser, url: string): Promise<Cookies> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(url)
  const state = await context.storageState()
  await context.close()
  return state
}

/** An act that fails is told; what is seen then is the page without it. */
async function openShot(page: Page, url: string, { name, path, before, act, loads }: Shot): Promise<void> {
  await before?.(page)
  await page.goto(new URL(path, url).href.replace(/\?token=[^#]*/, ''))
  await settle(page, loads === true)
  await act?.(page).catch((error: unknown) => console.error(`${name}: ${String(error).split('\n')[0]}`))
  await settle(page, loads === true)
}

async function settle(page: Page, loads: boolean): Promise<void> {
  await page.waitForTimeout(REST_MS)
  if (!loads)
    await page.waitForFunction(SETTLED, undefined, { timeout: SETTLE_MAX_MS }).catch(() => undefined)
  await page.waitForTimeout(REST_MS)
}
