import type { Logger } from 'pino'
import type { EngineRouter } from '../api/router.ts'
import type { OpenBroker } from '../ports/drivers.ts'
import type { Secrets, WorkspaceStore } from '../ports/surroundings.ts'

export interface HostOptions {
  readonly host: 'desktop' | 'http' | 'cli'
  readonly version: string
  /** Operating system user, as the journal names it. */
  readonly operator: string
  /** Folder of the local store. Created where it is missing. */
  readonly dataDir: string
  readonly workspace: WorkspaceStore
  readonly secrets: Secrets
  /** True where `secrets` keeps what was typed beyond this process. */
  readonly keepsPasswords: boolean
  readonly log: Logger
  /** The sandbox's in-process broker; null outside the sandbox. */
  readonly memoryBroker: OpenBroker | null
}

export interface Running {
  /** Implements the whole contract. Serve it over a port or a socket, or call it with `createRouterClient`. */
  readonly router: EngineRouter
  /** Waits for what is claimed, within a deadline, then closes every connection and the store. */
  close(): Promise<void>
}

/** The one place where adapters meet the engine. Recovers what a crash left behind before it resolves. */
export declare function compose(options: HostOptions): Promise<Running>
