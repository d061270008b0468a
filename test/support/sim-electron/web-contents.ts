import { EventEmitter } from 'node:events'
import type { CDPSession } from 'playwright-core'
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
  #devtools: CDPSession | null = null
  #openHandler: OpenHandler = () => ({ action: 'allow' })
  #wire = createPortWire((frame) => this.#post({ ...frame, kind: frame.sim }))

  attach(devtools: CDPSession): void {
    this.#devtools = devtools
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
    this.#devtools = null
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

  /** JSON of the page's own document: no other frame of it has the way to here. */
  hear(payload: string): void {
    const message = JSON.parse(payload) as FromPage
    switch (message.kind) {
      case 'document':
        // The document before is gone, and its ports with it.
        this.#wire.end()
        return
      case 'ipc':
        ipcMain.emit(message.channel ?? '', this.#eventFrom(message.url ?? ''), ...(message.args ?? []))
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

  #eventFrom(url: string): object {
    const senderFrame = {
      url: fromBrowserUrl(url),
      parent: null,
      postMessage: (channel: string, message: unknown, transfer: readonly MessagePortMain[] = []) =>
        this.postMessage(channel, [message], transfer),
    }
    return { sender: this, senderFrame, ports: [] }
  }

  postMessage(channel: string, args: readonly unknown[], transfer: readonly MessagePortMain[] = []): void {
    const numbers = transfer.map((port) => this.#wire.carry(port.handOver()))
    this.#post({ kind: 'ipc', channel, args: structuredClone(args), numbers })
  }

  /** Delivered in order. By the protocol itself: a helper of the test library in the page is no part of Electron. */
  #post(delivery: object): void {
    const expression = `globalThis[Symbol.for('sim.deliver')]?.(${asJson(delivery)})`
    // A document that is going away takes nothing more in.
    void this.#devtools?.send('Runtime.evaluate', { expression }).catch(() => undefined)
  }
}

/** Throws where JSON would lose something that a port of Electron carries. */
function asJson(delivery: object): string {
  return JSON.stringify(delivery, (_, value: unknown) => {
    if (ArrayBuffer.isView(value)) throw new Error('bytes through ports are not simulated')
    return value
  })
}
