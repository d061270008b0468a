import { join } from 'node:path'
import { app, dialog } from 'electron'
import { explain } from '../../../src-preload/contract/explain.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { operatorName } from '../common/places.ts'
import { createDesktopAlerts } from './alerts.ts'
import type { DesktopOptions } from './desktop-arguments.ts'
import { createEngineProcess } from './engine-process.ts'
import type { EngineProcess } from './engine-process.ts'
import { answerSecret, openKeyStore } from './key-store.ts'
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
  const vault = openKeyStore(join(userData, 'secrets.json'), process.platform)
  const engine: EngineProcess = createEngineProcess({
    module,
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
