import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MessageState } from '../../domain/message.ts'
import type { Catalogue } from './catalogue.ts'
import type { Compiler } from './compiler.ts'
import type { Limits } from './states.ts'
import type { Read } from './statement.ts'

/** States whose rows an index finds without walking through all the others. */
export type ServedStates = ReadonlySet<MessageState>

/** What looking at one outbox needs. */
export interface LookParts {
  readonly session: { readonly read: Read }
  readonly mapping: Mapping
  readonly sql: Compiler
  readonly catalogue: Catalogue
  readonly limits: Limits
  served(): ServedStates
}
