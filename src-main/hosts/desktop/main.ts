import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, BrowserWindow, dialog, session } from 'electron'
import { explain } from '../../../src-preload/contract/explain.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
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
import { setApplicationMenu } from './menu.ts'
import { brokerPorts } from './port-broker.ts'
import { openConsoleWindow } from './window.ts'

const out = join(import.meta.dirname, '..')
const options = desktopOptions(process.argv.slice(1), app.getPath('userData'))
/** Set by `electron-vite dev` only: the page comes from the development server then. */
const devUrl = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
const origin = devUrl === undefined ? APP_ORIGIN : new URL(devUrl).origin

if (options.sandbox) app.setPath('userData', join(app.getPath('userData'), 'sandbox'))
registerAppScheme()
guardContents()

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', () => mainWindow()?.focus())
  app.whenReady().then(start, fail)
} else {
  app.quit()
}

async function start(): Promise<void> {
  const userData = app.getPath('userData')
  mkdirSync(userData, { recursive: true })
  guardSession(session.defaultSession)
  setApplicationMenu({ isMac: process.platform === 'darwin', developer: !app.isPackaged })
  if (devUrl === undefined) serveAppScheme(await listStaticFiles(join(out, 'renderer')))

  const url = devUrl ?? `${APP_ORIGIN}/`
  const alerts = createDesktopAlerts({
    window: mainWindow,
    pageUrl: `${url}#/alerts`,
    platform: process.platform,
  })
  const engine = startEngine(userData, alerts.hear)
  brokerPorts({ origin, connect: (port) => engine.connect(port) })
  endWith(engine)
  openConsoleWindow({
    preload: join(out, 'preload', 'preload.cjs'),
    url,
    stateFile: join(userData, 'window.json'),
    title: options.sandbox ? 'Redrive (sandbox)' : 'Redrive',
  })
}

function startEngine(userData: string, onAlerts: (message: AlertsMessage) => void): EngineProcess {
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
      mainWindow()?.webContents.send('redrive:engine', {
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

function mainWindow(): BrowserWindow | undefined {
  return BrowserWindow.getAllWindows()[0]
}

function fail(error: unknown): void {
  dialog.showErrorBox('Redrive cannot start', error instanceof Error ? error.message : String(error))
  app.exit(1)
}
