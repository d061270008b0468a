import { Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'

/** What the platform expects of a window and the page cannot do itself. Nothing here acts on messages. */
export function setApplicationMenu({ isMac, developer }: { isMac: boolean; developer: boolean }): void {
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
      isMac ? { role: 'appMenu' } : { label: 'Redrive', submenu: [{ role: 'quit' }] },
      { role: 'editMenu' },
      { label: 'View', submenu: developer ? [...view, ...tools] : view },
    ]),
  )
}
