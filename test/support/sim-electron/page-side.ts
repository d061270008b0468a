type Listener = (event: object, ...args: unknown[]) => void

/** The part of a page that is used here; these tests are checked without the types of a browser. */
interface PagePort {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  postMessage(data: unknown): void
  close(): void
  addEventListener(event: 'close', listener: () => void): void
}
interface PageWindow {
  readonly location: { readonly href: string }
  readonly top: unknown
  readonly MessageChannel: new () => { readonly port1: PagePort; readonly port2: PagePort }
  readonly document: {
    addEventListener(
      event: 'securitypolicyviolation',
      listener: (event: { readonly effectiveDirective: string; readonly blockedURI: string }) => void,
    ): void
  }
  open: (url?: unknown) => null
  requestAnimationFrame(then: () => void): void
}

interface Delivery {
  readonly kind: 'ipc' | 'port-message' | 'port-close'
  readonly channel?: string
  readonly args?: unknown[]
  readonly numbers?: number[]
  readonly port?: number
  readonly data?: unknown
}

/**
 * Runs in the page before any of its scripts, as text: nothing outside of this function is there. `preload` is the
 * unmodified bundle wrapped into a function, `binding` the way to the simulated main process, `usable` what a bench waits for.
 */
export function pageSide(
  preload: (need: (name: string) => unknown, module: object, exports: object) => void,
  binding: string,
  usable: (() => boolean) | null,
): void {
  const page = globalThis as unknown as PageWindow & Record<string | symbol, unknown>
  const say = page[binding] as (payload: string) => void
  const send = (frame: object): void =>
    say(
      JSON.stringify(frame, (_, value: unknown) => {
        if (ArrayBuffer.isView(value)) throw new Error('bytes through ports are not simulated')
        return value
      }),
    )
  // The page must not see how it is simulated.
  Reflect.deleteProperty(page, binding)
  if (page.top !== page) return

  const listeners = new Map<string, Listener[]>()
  const ports = new Map<number, PagePort>()
  const clone = <T>(value: T): T => {
    try {
      return structuredClone(value)
    } catch {
      throw new Error('An object could not be cloned.')
    }
  }
  const ipcRenderer = {
    send: (channel: string, ...args: unknown[]) =>
      send({ kind: 'ipc', url: page.location.href, channel, args: clone(args) }),
    on(channel: string, listener: Listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
  }
  const contextBridge = {
    exposeInMainWorld(name: string, api: unknown) {
      if (name in page) throw new Error(`Cannot bind an API on top of an existing property: ${name}`)
      if (typeof api === 'function') throw new Error('functions over the bridge are not simulated')
      const value = clone(api)
      Object.defineProperty(page, name, {
        value: typeof value === 'object' && value !== null ? Object.freeze(value) : value,
        enumerable: true,
      })
    },
  }

  const arrive = (number: number): PagePort => {
    const { port1, port2 } = new page.MessageChannel()
    ports.set(number, port2)
    port2.onmessage = ({ data }) => send({ kind: 'port', frame: { sim: 'port-message', port: number, data } })
    port2.addEventListener('close', () => {
      if (ports.delete(number)) send({ kind: 'port', frame: { sim: 'port-close', port: number } })
    })
    return port1
  }
  const deliver = ({ kind, channel = '', args = [], numbers = [], port = 0, data }: Delivery): void => {
    if (kind === 'port-message') ports.get(port)?.postMessage(data)
    if (kind === 'port-close') {
      ports.get(port)?.close()
      ports.delete(port)
    }
    if (kind !== 'ipc') return
    const event = { sender: ipcRenderer, ports: numbers.map(arrive) }
    for (const listener of listeners.get(channel) ?? []) listener(event, ...args)
  }
  Object.defineProperty(page, Symbol.for('sim.deliver'), { value: deliver })
  page.document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    send({ kind: 'csp', directive: effectiveDirective, blocked: blockedURI })
  })
  page.open = (url) => {
    send({ kind: 'open', url: String(url) })
    return null
  }
  send({ kind: 'document' })
  const look = (): void => {
    // Once it is there, the frame that draws it, and the task after that frame.
    if (usable?.() === true) page.requestAnimationFrame(() => setTimeout(() => send({ kind: 'usable' })))
    else page.requestAnimationFrame(look)
  }
  if (usable !== null) look()
  preload(
    (name) => {
      if (name === 'electron') return { contextBridge, ipcRenderer }
      throw new Error(`module not found: ${name}`)
    },
    { exports: {} },
    {},
  )
}
