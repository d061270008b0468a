import type { LookParts } from '../outbox-sql/parts.ts'
import type { Drift } from './drift.ts'
import type { Session } from './session.ts'

/** What reading and writing one outbox needs. */
export interface Parts extends LookParts {
  readonly session: Session
  readonly drift: Drift
}

/** The whole outbox: read as one, written table by table. */
export interface Whole extends Parts {
  /** Each table alone; one of them where the outbox is one table. */
  readonly members: readonly Parts[]
}
