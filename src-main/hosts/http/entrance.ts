import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../../domain/role.ts'

/** Somebody who was let in, as a request or a socket of theirs shows. */
export interface Visit {
  readonly caller: Caller
  readonly canLogOut: boolean
  /** Aborted when they are to be shown out: logged out, idle, over, or the token taken back. */
  readonly ended: AbortSignal
  /** They did something. */
  readonly touch: () => void
  /** Whether they may act yet: asked before an act, of whoever keeps the tokens. */
  readonly stands: () => Promise<boolean>
}

/** How people come into the http host. */
export interface Entrance {
  /** Null: they were not let in. */
  visitOf(request: IncomingMessage): Visit | null
  /** Answers what belongs to coming in and going out; false: it is something else. */
  answer(request: IncomingMessage, response: ServerResponse, address: URL): boolean
  /** Who was not let in and asks for a page. */
  turnAway(request: IncomingMessage, response: ServerResponse): void
  close(): void
}
