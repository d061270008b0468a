import type { Owner } from './job-store.ts'
import type { SecretRef, Workspace } from '../domain/workspace.ts'

/** Wall time and waiting. */
export interface Clock {
  now(): Date
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** New identifiers, unique and growing with time; `prefix` says what it names ("job", "plan"). */
export interface Ids {
  next(prefix: string): string
}

/** The processes that work on one store, to tell a running job from one whose process died. */
export interface Processes {
  readonly self: Owner
  alive(owner: Owner): boolean
  /**
   * Whether this process may act as the owner of its jobs. On a shared store a process that was frozen or cut off may have
   * been taken for dead: then it must not publish.
   */
  holds(): boolean
}

/** What an operator of Redrive itself may read later; never a secret or a payload. */
export interface Log {
  info(detail: object, event: string): void
  warn(detail: object, event: string): void
}

/** What a host writes to. */
export interface HostLog extends Log {
  debug(detail: object, event: string): void
}

/** Passwords. A value never leaves the engine's process but to the server that it opens. */
export interface Secrets {
  /** Throws RedriveError `secret-missing` where there is none. `name` is "sources.orders" or "brokers.rabbit". */
  resolve(name: string, ref: SecretRef): Promise<string>
  /**
   * A server refused what was resolved: forgets it. True where the next that is resolved may be another, as one that a
   * command prints may. Absent: never.
   */
  renew?(name: string, ref: SecretRef): boolean
  /** Keeps what an operator typed. Returns the reference to write into the workspace. */
  keep(name: string, value: string): Promise<SecretRef>
  forget(name: string): Promise<void>
}

/** Where the connections are written down. `save` replaces the whole file in one step. */
export interface WorkspaceStore {
  /** Throws RedriveError `workspace-invalid`. A file that does not exist is an empty workspace. */
  load(): Promise<Workspace>
  save(workspace: Workspace): Promise<void>
}
