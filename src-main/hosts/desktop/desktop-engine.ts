import { join } from 'node:path'
import { app, dialog } from 'electron'
import { explain } from '../../../src-preload/contract/explain.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { operatorName } from '../common/places.ts'
import { createDesktopAlerts } from './alerts.ts'
import type { DesktopOptions } from './desktop-arguments.ts'
import { createEngineProcess } from './engine-process.ts'
import type { EngineProcess } from './engine-process.ts'
import { safeStorageCipher } from './safe-storage.ts'
import type { ConsoleWindows } from './windows.ts'

export interface DesktopEngineOptions {
  /** The bundle of `engine.ts`. */
  readonly module: string
  /** The application's own folder: what was typed is kept there, encrypted. */
  readonly userData: string
  readonly windows: ConsoleWindows
  readonly options: DesktopOptions
}

/** The engine's process, with what it asks of this one: secrets, notifications, and a person where it does not stand. */
export function startEngine({ module, userData, windows, options }: DesktopEngineOptions): EngineProcess {
  const cipher = safeStorageCipher(process.platform)
  const keyStore = onceAsked(async () => {
    const { openKeyStore } = await import('./hear-engine.ts')
    return openKeyStore({ file: join(userData, 'secrets.json'), cipher })
  })
  const engine: EngineProcess = createEngineProcess({
    module,
    start: {
      version: app.getVersion(),
      operator: operatorName(),
      dataDir: options.dataDir,
      workspaceFile: options.workspaceFile,
      sandbox: options.sandbox,
      keepsPasswords: cipher !== null,
    },
    env: process.env,
    answerSecret: async (ask) => (await keyStore())(ask),
    onAlerts: createDesktopAlerts({ windows, platform: process.platform }).hear,
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

function onceAsked<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | null = null
  return () => (opened ??= open())
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
