import { BrowserWindow, nativeTheme, screen } from 'electron'
import { loadWindowState, saveWindowState, windowMinimum } from './window-state.ts'

const BACKGROUND = { light: '#ffffff', dark: '#16181c' }

export interface ConsoleWindowOptions {
  readonly preload: string
  readonly url: string
  readonly stateFile: string
  readonly title: string
}

/** The one window. Every isolation is named here, so that nobody has to know Electron's defaults. */
export function openConsoleWindow({ preload, url, stateFile, title }: ConsoleWindowOptions): BrowserWindow {
  const state = loadWindowState(
    stateFile,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const window = new BrowserWindow({
    ...state.bounds,
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
  if (state.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () =>
    saveWindowState(stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() }),
  )
  window.loadURL(url).catch((error: unknown) => console.error(`The console was not loaded: ${String(error)}`))
  return window
}
