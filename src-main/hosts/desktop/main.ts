import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, session } from 'electron'
import { explain } from '../../../src-preload/contract/explain.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { LINK_SCHEME } from '../../../src-preload/contract/message-link.ts'
import { operatorName } from '../common/places.ts'
import { listStaticFiles } from '../common/static-files.ts'
import { createDesktopAlerts } from './alerts.ts'
import type { AlertsMessage } from './alerts.ts'
import { APP_ORIGIN, registerAppScheme, serveAppScheme } from './app-scheme.ts'
import { desktopOptions } from './desktop-arguments.ts'
import { createEngineProcess } from './engine-process.ts'
import type { EngineProcess } from './engine-process.ts'
import { guardContents, guardSession } from './guards.ts'
import { answerSecret, openKeyStore } from './key-store.ts'
import { menuWords } from './menu-words.ts'
import { setApplicationMenu } from './menu.ts'
import { hearArrivals } from './open-arrivals.ts'
import type { Arrivals } from './open-arrivals.ts'
import { askToOpenAgain } from './page-recovery.ts'
import { brokerPorts } from './port-broker.ts'
import { createConsoleWindows } from './windows.ts'
import type { ConsoleWindows } from './windows.ts'

const out = join(import.meta.dirname, '..')
const options = desktopOptions(process.argv.slice(1), app.getPath('userData'))
/** Set by `electron-vite dev` only: the page comes from the development server then. */
const devUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
const origin = devUrl === undefined ? APP_ORIGIN : new URL(devUrl).origin

if (options.sandbox) app.setPath('userData', join(app.getPath('userData'), 'sandbox'))
registerAppScheme()
guardContents()

if (app.requestSingleInstanceLock()) {
  const arrivals = hearArrivals()
  app.whenReady().then(() => start(arrivals), fail)
} else {
  app.quit()
}

async function start(arrivals: Arrivals): Promise<void> {
  const userData = app.getPath('userData')
  const words = menuWords(app.getLocale())
  mkdirSync(userData, { recursive: true })
  guardSession(session.defaultSession)
  // Where it runs from its sources, links would start an Electron without an application.
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME)
  if (devUrl === undefined) serveAppScheme(await listStaticFiles(join(out, 'renderer')))

  const windows = createConsoleWindows({
    preload: join(out, 'preload', 'preload.cjs'),
    url: devUrl ?? `${APP_ORIGIN}/`,
    stateFile: join(userData, 'window.json'),
    title: options.sandbox ? 'Redrive (sandbox)' : 'Redrive',
    askAgain: (window) => askToOpenAgain(window, words),
  })
  let tell: ((message: AlertsMessage) => void) | null = null
  const engine = startEngine(userData, windows, (message) => tell?.(message))
  brokerPorts({ origin, connect: (port) => engine.connect(port), onPage: (page) => windows.connected(page) })
  endWith(engine)
  arrivals.start({ windows, engine }, process.argv.slice(1))
  setApplicationMenu({
    isMac: process.platform === 'darwin',
    developer: !app.isPackaged,
    words,
    openWindow: () => windows.open(),
    openPlan: () => void arrivals.choosePlan(words),
  })
  tell = createDesktopAlerts({ windows, platform: process.platform }).hear
}

function startEngine(
  userData: string,
  windows: ConsoleWindows,
  onAlerts: (message: AlertsMessage) => void,
): EngineProcess {
  const vault = openKeyStore(join(userData, 'secrets.json'), process.platform)
  const engine: EngineProcess = createEngineProcess({
    module: join(import.meta.dirname, 'engine.js'),
    start: {
      version: app.getVersion(),
      operator: operatorName(),
      dataDir: options.dataDir,
      workspaceFile: options.workspaceFile,
      sandbox: options.sandbox,
      keepsPasswords: vault.persistent,
    },
    env: process.env,
    answerSecret: (ask) => answerSecret(vault, ask),
    onAlerts,
    onRestart: (exitCode) =>
      windows.tell('redrive:engine', {
        code: 'internal',
        retry: 'later',
        detail: { reason: `the engine ended with code ${exitCode} and is started again` },
      } satisfies ErrorData),
    onFailed: (error) => void offerRetry(error, () => engine.retry()),
  })
  return engine
}

/** Quitting waits for the engine: what is claimed is published and written down first. */
function endWith(engine: EngineProcess): void {
  let ended = false
  app.on('window-all-closed', () => app.quit())
  app.on('will-quit', (event) => {
    if (ended) return
    event.preventDefault()
    void engine.stop().finally(() => {
      ended = true
      app.quit()
    })
  })
}

async function offerRetry(error: ErrorData, retry: () => void): Promise<void> {
  const { what, means, next } = explain(error.code, error.detail)
  const { response } = await dialog.showMessageBox({
    type: 'error',
    message: what,
    detail: `${means}\n${next}`,
    buttons: ['Try again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  })
  if (response === 0) retry()
  else app.quit()
}

function fail(error: unknown): void {
  dialog.showErrorBox('Redrive cannot start', error instanceof Error ? error.message : String(error))
  app.exit(1)
}
