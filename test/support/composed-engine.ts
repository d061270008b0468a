import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import type { Running } from '../../src-main/hosts/compose.ts'

/** The engine as the http host composes it, over a store and a workspace file in `folder`; closed when the test ends. */
export async function composedEngine(folder: string): Promise<Running> {
  const running = await compose({
    host: 'http',
    version: '0.0.0-test',
    operator: 'tester',
    dataDir: join(folder, 'data'),
    workspace: openWorkspaceFile({ path: join(folder, 'redrive.json') }),
    workspacePath: join(folder, 'redrive.json'),
    secrets: createMemorySecrets({ env: process.env }),
    keepsPasswords: false,
    log: pino({ level: 'silent' }),
    memoryBroker: null,
  })
  onTestFinished(() => running.close())
  return running
}
