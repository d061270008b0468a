import { RedriveError } from '../../domain/errors.ts'
import type { Drift } from '../outbox-sql/drift.ts'
import type { Whole as WholeOf } from '../outbox-sql/members.ts'
import type { LookParts } from '../outbox-sql/parts.ts'
import type { Session } from './session.ts'

/** What reading and writing one outbox needs. */
export interface Parts extends LookParts {
  readonly session: Session
  readonly drift: Drift
}

export type Whole = WholeOf<Parts>

/** Throws RedriveError `action-refused` where the server could not take back what has begun. */
export function requireWritable({ catalogue }: Parts, action: string): void {
  if (catalogue.unwritable === undefined) return
  throw new RedriveError('action-refused', 'never', { action, ...catalogue.unwritable })
}
