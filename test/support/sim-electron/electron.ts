/**
 * Stands for the module `electron` in the main process, so that the unmodified bundles of `out/` run where Electron's
 * binary cannot be had: main module and preload as they are, the engine in a process of its own, the window as a page
 * of Chromium, the own scheme served by the application's own handler, real MessagePorts at both ends.
 *
 * What it cannot show, and what only the real Electron can: its own Chromium and Node builds and their native ABI;
 * asar and fuses; the renderer's sandbox and the isolated world (the preload runs in the page's world here, in a
 * closure of its own); the own scheme as an origin (the page sees an https host); the platform's key store, menus,
 * tray, notifications, dialogs, zoom, shortcuts and window manager; the second instance's message to the first and the links and
 * files of the platform (the test hands them over); GPU. Messages with Map, Set or ports inside are not carried. A member that is missing here throws.
 */
import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'

app.windows = () => BrowserWindow.getAllWindows()

export { app, BrowserWindow }
export { ipcMain } from './ipc-main.ts'
export { dialog, Menu, nativeTheme, safeStorage, screen, session } from './native.ts'
export { nativeImage, Notification, Tray } from './attention.ts'
export { MessageChannelMain } from './ports.ts'
export { protocol } from './scheme.ts'
export { utilityProcess } from './utility-process.ts'
