import { dialog } from 'electron'
import type { BrowserWindow } from 'electron'
import type { MenuWords } from './menu-words.ts'

/** A page that stood so long did not break down because it was opened. */
const STEADY_MS = 60_000

/** True: open the page again; false: the window was given up. */
export type PageGone = (window: BrowserWindow) => Promise<boolean>

/**
 * A page whose process is gone is opened again, once, and says so; where it breaks down again soon, a person decides, and
 * is told that the engine and its jobs were never touched.
 *
 *   standing ──gone──▶ opened again ──gone within a minute──▶ asked ──yes──▶ opened again
 *                           │ a minute                          └──no──▶ window closed
 *                           └──▶ standing
 */
export function watchPage({
  window,
  askAgain,
  now = () => performance.now(),
}: {
  readonly window: BrowserWindow
  readonly askAgain: PageGone
  readonly now?: () => number
}): { readonly connected: () => void } {
  const { webContents } = window
  let openedAgainAt: number | null = null
  let told = true

  const openAgain = (): void => {
    openedAgainAt = now()
    told = false
    webContents.reload()
  }
  webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    if (openedAgainAt === null || now() - openedAgainAt > STEADY_MS) return openAgain()
    void askAgain(window).then((again) => {
      if (window.isDestroyed()) return
      if (again) openAgain()
      else window.destroy()
    })
  })
  return {
    // Only now is somebody there who hears it.
    connected() {
      if (!told) webContents.send('redrive:page', { restarted: true })
      told = true
    },
  }
}

/** The platform's own dialog: the page cannot say it. */
export async function askToOpenAgain(window: BrowserWindow, words: MenuWords): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: words.pageGone.what,
    detail: words.pageGone.means,
    buttons: [words.pageAgain, words.closeWindow],
    defaultId: 0,
    cancelId: 1,
  })
  return response === 0
}
