import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright-core'
import { app } from './app.ts'
import { openBrowser } from './browser.ts'
import { record } from './control.ts'
import { pageSide } from './page-side.ts'
import { routeRequests, toBrowserUrl } from './scheme.ts'
import { WebContents } from './web-contents.ts'

const BINDING = '__sim'

interface WindowOptions {
  readonly width?: number
  readonly height?: number
  readonly webPreferences?: Readonly<Record<string, unknown>>
}

/** The application has one window; it is the one page of the browser. */
export class BrowserWindow extends EventEmitter {
  static readonly #open = new Set<BrowserWindow>()
  readonly webContents = new WebContents()
  readonly #bounds: { x: number; y: number; width: number; height: number }
  readonly #page: Promise<Page>
  #maximized = false
  #loading = ''

  constructor(options: WindowOptions = {}) {
    super()
    const { width = 800, height = 600, webPreferences = {} } = options
    this.#bounds = { x: 0, y: 0, width, height }
    BrowserWindow.#open.add(this)
    record('window', options)
    const preload = readFileSync(String(webPreferences['preload']), 'utf8')
    if (/^\s*(import|export)\s/m.test(preload)) throw new Error('a sandboxed preload cannot be an ES module')
    app.emit('web-contents-created', {}, this.webContents)
    this.#page = openBrowser().then((context) => this.#attach(context, preload))
  }

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#open]
  }

  async #attach(context: BrowserContext, preload: string): Promise<Page> {
    const page = context.pages()[0] ?? (await context.newPage())
    this.webContents.attach(page)
    await page.setViewportSize({ width: this.#bounds.width, height: this.#bounds.height })
    await routeRequests(context, (url) => url === this.#loading || this.webContents.mayNavigate(url))
    await page.exposeBinding(BINDING, ({ frame }, message) => this.webContents.hear(frame, message))
    // As text, not by eval: the policy of the page forbids that, as it should.
    const wrapped = `(require, module, exports) => {${preload}\n}`
    await page.addInitScript({ content: `(${pageSide.toString()})(${wrapped}, ${JSON.stringify(BINDING)})` })
    page.on('load', () => this.emit('ready-to-show'))
    page.on('pageerror', (error) => record('page-error', error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) record('page-console', message.text())
    })
    context.on('page', (popup) => {
      record('popup', popup.url())
      void popup.close()
    })
    return page
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#page
    this.#loading = url
    await page.goto(toBrowserUrl(url))
    this.#loading = ''
    record('loaded', url)
  }

  close(): void {
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (prevented || !BrowserWindow.#open.delete(this)) return
    this.emit('closed')
    if (BrowserWindow.#open.size === 0) app.emit('window-all-closed')
  }

  show(): void {
    record('window-shown', true)
  }

  focus(): void {
    record('window-focused', true)
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

  getNormalBounds(): object {
    return { ...this.#bounds }
  }
}
