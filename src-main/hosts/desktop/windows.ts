import type { BrowserWindow, WebContents } from 'electron'
import { openConsoleWindow } from './window.ts'
import type { ConsoleWindowOptions } from './window.ts'
import { watchPage } from './page-recovery.ts'
import type { PageGone } from './page-recovery.ts'

/** So far a further window lies from the one before it, that both can be seen. */
const OFFSET_PX = 28

export interface ConsoleWindowsOptions extends Omit<ConsoleWindowOptions, 'url' | 'near'> {
  /** Address of the page that a console begins with. */
  readonly url: string
  /** A page broke down twice in a row: asks whether to open it again. */
  readonly askAgain: PageGone
}

/** All windows are consoles on the one engine; each page asks for a port of its own. */
export interface ConsoleWindows {
  /** Another one, at a page of the console: its address from `#` on. */
  open(page?: string): void
  /** Brings the window that was used last forward, at that page; opens one where there is none. */
  show(page?: string): void
  all(): readonly BrowserWindow[]
  /** A page has asked for its port: it hears what is said to it from now on. */
  connected(page: WebContents): void
  /** Says something to every page. */
  tell(channel: string, message: unknown): void
}

export function createConsoleWindows({ url, askAgain, ...options }: ConsoleWindowsOptions): ConsoleWindows {
  /** The one that was used last comes last. */
  const order: BrowserWindow[] = []
  const recoveries = new Map<WebContents, ReturnType<typeof watchPage>>()
  const remove = (window: BrowserWindow): void => {
    const at = order.indexOf(window)
    if (at >= 0) order.splice(at, 1)
  }

  function open(page = ''): void {
    const last = order.at(-1)
    const near = last === undefined ? null : last.getNormalBounds()
    const window = openConsoleWindow({
      ...options,
      url: `${url}${page}`,
      near: near === null ? null : { ...near, x: near.x + OFFSET_PX, y: near.y + OFFSET_PX },
    })
    order.push(window)
    window.on('focus', () => {
      remove(window)
      order.push(window)
    })
    // Once it is closed, the window does not tell any more whose page it was.
    const { webContents } = window
    recoveries.set(webContents, watchPage({ window, askAgain }))
    window.on('closed', () => {
      remove(window)
      recoveries.delete(webContents)
    })
  }

  return {
    open,
    show(page) {
      const window = order.at(-1)
      if (window === undefined) return open(page)
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
      if (page !== undefined) window.loadURL(`${url}${page}`).catch(() => undefined)
    },
    all: () => order,
    connected: (page) => recoveries.get(page)?.connected(),
    tell(channel, message) {
      for (const window of order) window.webContents.send(channel, message)
    },
  }
}
