import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright-core'
import { app } from './app.ts'
import { openBrowser } from './browser.ts'
import { answerTo, record } from './control.ts'
import { pageSide } from './page-side.ts'
import { routeRequests, toBrowserUrl } from './scheme.ts'
import { WebContents } from './web-contents.ts'

const BINDING = '__sim'

interface WindowOptions {
  readonly x?: number
  readonly y?: number
  readonly width?: number
  readonly height?: number
  readonly webPreferences?: Readonly<Record<string, unknown>>
}

/** Told once, with the time, when this expression of the page is true and the frame after it was drawn. */
const USABLE_WHEN = process.env['SIM_USABLE_WHEN'] ?? null

/** A window of the application is a page of the browser; the first one takes the page that is there. */
export class BrowserWindow extends EventEmitter {
  static readonly #open = new Set<BrowserWindow>()
  static #firstPageTaken = false
  static #focused: BrowserWindow | null = null
  static #count = 0
  readonly id: number
  readonly webContents = new WebContents()
  readonly #bounds: { x: number; y: number; width: number; height: number }
  #page: Promise<Page>
  #url = ''
  #maximized = false
  #loading = ''

  constructor(options: WindowOptions = {}) {
    super()
    const { x = 0, y = 0, width = 800, height = 600, webPreferences = {} } = options
    BrowserWindow.#count += 1
    this.id = BrowserWindow.#count
    this.#bounds = { x, y, width, height }
    BrowserWindow.#open.add(this)
    this.#take()
    record('window', options)
    const file = webPreferences['preload']
    const preload = typeof file === 'string' ? readFileSync(file, 'utf8') : ''
    if (/^\s*(import|export)\s/m.test(preload)) throw new Error('a sandboxed preload cannot be an ES module')
    app.emit('web-contents-created', {}, this.webContents)
    this.#page = openBrowser().then((context) => this.#attach(context, preload))
    this.webContents.onReload = () => {
      // A page whose renderer is gone takes no command any more: its window goes on with another one.
      this.#page = openBrowser().then((context) => this.#attach(context, preload))
      void this.loadURL(this.#url)
    }
  }

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#open]
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.#focused
  }

  async #attach(context: BrowserContext, preload: string): Promise<Page> {
    const firstPage = BrowserWindow.#firstPageTaken ? undefined : context.pages()[0]
    BrowserWindow.#firstPageTaken = true
    const page = firstPage ?? (await context.newPage())
    const devtools = await context.newCDPSession(page)
    this.webContents.attach(devtools)
    await page.setViewportSize({ width: this.#bounds.width, height: this.#bounds.height })
    await routeRequests(
      page,
      (url) => url === withoutHash(this.#loading) || this.webContents.mayNavigate(url),
    )
    devtools.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === BINDING) this.webContents.hear(payload)
    })
    await devtools.send('Runtime.enable')
    await devtools.send('Runtime.addBinding', { name: BINDING })
    // As text, not by eval: the policy of the page forbids that, as it should.
    const wrapped = `(require, module, exports) => {${preload}\n}`
    const usable = USABLE_WHEN === null ? 'null' : `() => Boolean(${USABLE_WHEN})`
    await page.addInitScript({
      content: `(${pageSide.toString()})(${wrapped}, ${JSON.stringify(BINDING)}, ${usable})`,
    })
    page.on('load', () => {
      this.emit('ready-to-show')
      this.webContents.emit('did-finish-load')
    })
    page.on('crash', () => {
      this.webContents.end()
      record('page-crashed', this.id)
      this.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 11 })
    })
    page.on('pageerror', (error) => record('page-error', error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) record('page-console', message.text())
    })
    page.on('popup', (popup) => {
      record('popup', popup.url())
      void popup.close()
    })
    return page
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#page
    this.#loading = url
    this.#url = url
    await page.goto(toBrowserUrl(url))
    this.#loading = ''
    record('loaded', url)
  }

  static byId(id: number): BrowserWindow | undefined {
    return [...BrowserWindow.#open].find((window) => window.id === id)
  }

  /** The process of the page ends as it does when it breaks down. */
  async crash(): Promise<void> {
    const page = await this.#page
    const devtools = await page.context().newCDPSession(page)
    // It does not answer: it is gone.
    void devtools.send('Page.crash').catch(() => undefined)
  }

  destroy(): void {
    this.#end()
  }

  isDestroyed(): boolean {
    return !BrowserWindow.#open.has(this)
  }

  close(): void {
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (!prevented) this.#end()
  }

  #end(): void {
    if (!BrowserWindow.#open.delete(this)) return
    if (BrowserWindow.#focused === this) BrowserWindow.#focused = null
    record('window-closed', this.id)
    // The last page stays: a browser without one would be gone before the application is.
    if (BrowserWindow.#open.size > 0) void this.#page.then((page) => page.close())
    this.webContents.end()
    this.emit('closed')
    if (BrowserWindow.#open.size === 0) app.emit('window-all-closed')
  }

  show(): void {
    record('window-shown', true)
  }

  focus(): void {
    this.#take()
    record('window-focused', this.id)
  }

  #take(): void {
    BrowserWindow.#focused = this
    this.emit('focus')
  }

  restore(): void {
    record('window-restored', this.id)
  }

  isMinimized(): boolean {
    return false
  }

  maximize(): void {
    this.#maximized = true
  }

  isMaximized(): boolean {
    return this.#maximized
  }

  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    return { ...this.#bounds }
  }
}

/** A request does not tell it. */
function withoutHash(url: string): string {
  return url.replace(/#.*/s, '')
}

answerTo('crash-page', (id) => BrowserWindow.byId(Number(id))?.crash())
answerTo('focus-window', (id) => BrowserWindow.byId(Number(id))?.focus())
answerTo('close-window', (id) => BrowserWindow.byId(Number(id))?.close())
