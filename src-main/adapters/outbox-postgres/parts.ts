import type { Drift } from '../outbox-sql/drift.ts'
import type { Whole as WholeOf } from '../outbox-sql/members.ts'
import type { LookParts } from '../outbox-sql/parts.ts'
import type { Session } from './session.ts'

/** What reading and writing one outbox needs. */
export interface Parts extends LookParts {
  readonly session: Session
  /** Only for the report: the port over the writes asks it before each. */
  readonly drift: Drift
}

export type Whole = WholeOf<Parts>
