import type { Mapping } from '../../domain/mapping.ts'
import type { Catalogue } from './catalogue.ts'
import type { Compiler, Limits } from './compile.ts'
import type { ServedStates } from './served.ts'
import type { Session } from './session.ts'

/** What reading and writing one outbox needs. */
export interface Parts {
  readonly session: Session
  readonly mapping: Mapping
  readonly sql: Compiler
  readonly catalogue: Catalogue
  readonly limits: Limits
  served(): ServedStates
}
