import type { ChangeParts } from '../outbox-sql/change-parts.ts'
import type { Whole as WholeOf } from '../outbox-sql/members.ts'
import type { Session } from './session.ts'

/** What reading and writing one outbox needs. */
export interface Parts extends ChangeParts {
  readonly session: Session
}

export type Whole = WholeOf<Parts>
