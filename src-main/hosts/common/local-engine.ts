import { createMemorySecrets } from '../../adapters/secrets-memory/memory-secrets.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { openWorkspaceFile } from '../../adapters/workspace-file/workspace-file.ts'
import type { OpenBroker } from '../../ports/drivers.ts'
import type { HostLog, WorkspaceStore } from '../../ports/surroundings.ts'
import { compose } from '../compose.ts'
import type { Running } from '../compose.ts'
import { everySecret } from './every-secret.ts'
import { operatorName } from './places.ts'
import { productVersion } from './product.ts'
import { passwordPrompt } from './prompt.ts'
import { signingKeyOf } from './signing-key.ts'

export interface LocalEngineOptions {
  readonly host: 'http' | 'cli'
  readonly dataDir: string
  readonly workspace: WorkspaceStore | { readonly file: string }
  readonly storeUrl?: string | null
  readonly memoryBroker: OpenBroker | null
  /** Whether a person sits at this process's terminal and may be asked for a password. */
  readonly asks: boolean
  readonly log: HostLog
}

/** The engine inside this process, for the hosts without Electron. They have no key store: nothing typed is kept. */
export function openLocalEngine(options: LocalEngineOptions): Promise<Running> {
  const { host, dataDir, workspace, storeUrl = null, memoryBroker, asks, log } = options
  const prompt = asks ? passwordPrompt() : undefined
  return compose({
    host,
    version: productVersion(),
    operator: operatorName(),
    dataDir,
    workspace: 'file' in workspace ? openWorkspaceFile({ path: workspace.file }) : workspace,
    workspacePath: 'file' in workspace ? workspace.file : null,
    storeUrl,
    secrets: everySecret(createMemorySecrets({ env: process.env, ...(prompt !== undefined && { prompt }) }), {
      dataDir,
      env: process.env,
      prompt,
      clock: systemClock(),
    }),
    keepsPasswords: false,
    ...signingKeyOf(process.env),
    log,
    memoryBroker,
  })
}
