import { BrowserWindow, nativeTheme, screen } from 'electron'
import { loadWindowState, saveWindowState, windowMinimum } from './window-state.ts'
import type { Rectangle } from './window-state.ts'

const BACKGROUND = { light: '#ffffff', dark: '#16181c' }

export interface ConsoleWindowOptions {
  readonly preload: string
  readonly url: string
  readonly stateFile: string
  readonly title: string
  /** Where a further window belongs; null: where the last one was when it was closed. */
  readonly near: Rectangle | null
}

/** Every isolation is named here, so that nobody has to know Electron's defaults. */
export function openConsoleWindow(options: ConsoleWindowOptions): BrowserWindow {
  const { preload, url, stateFile, title, near } = options
  const state = loadWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const window = new BrowserWindow({
    ...(near ?? state.bounds),
    minWidth: windowMinimum.width,
    minHeight: windowMinimum.height,
    show: false,
    title,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  if (near === null && state.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () =>
    saveWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() }),
  )
  window.loadURL(url).catch((error: unknown) => console.error(`The console was not loaded: ${String(error)}`))
  return window
}
