import type { Mapping, StagedForm } from '../../domain/mapping/mapping.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { SourceLoad } from '../../ports/load.ts'
import type { Client } from './client.ts'

/** What looking at, and changing, one outbox needs. */
export interface Parts {
  readonly client: Client
  readonly load: SourceLoad
  readonly mapping: Mapping
  readonly staged: StagedForm
  /** The key that holds all messages, or the pattern of the keys that hold one each. */
  readonly table: string
  readonly limits: { readonly stuckAfterSec: number; readonly attemptsMax: number }
  readonly detail: ErrorDetail
}
