import { EventEmitter } from 'node:events'
import type { Frame, Page } from 'playwright-core'
import { record } from './control.ts'
import { ipcMain } from './ipc-main.ts'
import { createPortWire } from './ports.ts'
import type { MessagePortMain, PortFrame } from './ports.ts'
import { fromBrowserUrl } from './scheme.ts'

interface FromPage {
  readonly kind: 'ipc' | 'port' | 'csp' | 'open' | 'document' | 'usable'
  readonly channel?: string
  readonly args?: readonly unknown[]
  readonly frame?: PortFrame
  readonly url?: string
}
type OpenHandler = (details: { url: string }) => { action: 'allow' | 'deny' }

/** The page of one window, as the main process sees it. */
export class WebContents extends EventEmitter {
  onReload: () => void = () => undefined
  #page: Page | null = null
  #openHandler: OpenHandler = () => ({ action: 'allow' })
  #queue: object[] = []
  #flushing = false
  #wire = createPortWire((frame) => this.#post({ ...frame, kind: frame.sim }))

  attach(page: Page): void {
    this.#page = page
  }

  reload(): void {
    this.onReload()
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler
  }

  /** The window is closed, and every port of its page with it. */
  end(): void {
    this.#wire.end()
    this.#page = null
  }

  send(channel: string, ...args: unknown[]): void {
    this.postMessage(channel, args)
  }

  /** True where nobody prevented it. */
  mayNavigate(url: string): boolean {
    let prevented = false
    this.emit('will-navigate', { url, preventDefault: () => (prevented = true) }, url)
    if (prevented) record('navigation-prevented', url)
    return !prevented
  }

  hear(frame: Frame, message: FromPage): void {
    switch (message.kind) {
      case 'document':
        // The document before is gone, and its ports with it.
        this.#wire.end()
        return
      case 'ipc':
        ipcMain.emit(message.channel ?? '', this.#eventOf(frame), ...(message.args ?? []))
        return
      case 'port':
        if (message.frame !== undefined) this.#wire.hear(message.frame)
        return
      case 'usable':
        record('usable', true)
        return
      case 'csp':
        record('csp-violation', message)
        return
      case 'open':
        record('window-open', { url: message.url, ...this.#openHandler({ url: message.url ?? '' }) })
    }
  }

  #eventOf(frame: Frame): object {
    const senderFrame = {
      url: fromBrowserUrl(frame.url()),
      parent: frame.parentFrame() === null ? null : {},
      postMessage: (channel: string, message: unknown, transfer: readonly MessagePortMain[] = []) =>
        this.postMessage(channel, [message], transfer),
    }
    return { sender: this, senderFrame, ports: [] }
  }

  postMessage(channel: string, args: readonly unknown[], transfer: readonly MessagePortMain[] = []): void {
    const numbers = transfer.map((port) => this.#wire.carry(port.handOver()))
    this.#post({ kind: 'ipc', channel, args: structuredClone(args), numbers })
  }

  #post(delivery: object): void {
    this.#queue.push(delivery)
    if (!this.#flushing) void this.#flush()
  }

  /** One after the other, in order; a document that is going away takes nothing more in. */
  async #flush(): Promise<void> {
    this.#flushing = true
    while (this.#queue.length > 0) {
      const deliveries = this.#queue.splice(0)
      await this.#page
        ?.evaluate((batch) => {
          const page = globalThis as unknown as Record<symbol, ((batch: unknown) => void) | undefined>
          page[Symbol.for('sim.deliver')]?.(batch)
        }, deliveries)
        .catch(() => undefined)
    }
    this.#flushing = false
  }
}
