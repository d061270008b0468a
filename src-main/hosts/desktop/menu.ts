import { Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'
import type { MenuWords } from './menu-words.ts'

export interface ApplicationMenu {
  readonly isMac: boolean
  readonly developer: boolean
  readonly words: MenuWords
  readonly openWindow: () => void
  readonly openPlan: () => void
}

/** What the platform expects of a window and the page cannot do itself. Nothing here acts on messages. */
export function setApplicationMenu({ isMac, developer, words, openWindow, openPlan }: ApplicationMenu): void {
  const file: MenuItemConstructorOptions[] = [
    { label: words.newWindow, accelerator: 'CmdOrCtrl+N', click: openWindow },
    { label: words.openPlan, accelerator: 'CmdOrCtrl+O', click: openPlan },
    { type: 'separator' },
    { role: 'close' },
  ]
  const quit: MenuItemConstructorOptions[] = isMac ? [] : [{ role: 'quit' }]
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ]
  const tools: MenuItemConstructorOptions[] = [{ type: 'separator' }, { role: 'toggleDevTools' }]
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(isMac ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
      { label: words.file, submenu: [...file, ...quit] },
      { role: 'editMenu' },
      { label: words.view, submenu: developer ? [...view, ...tools] : view },
      { role: 'windowMenu' },
    ]),
  )
}
