import type { Confirmation } from '../../domain/mapping/confirmation.ts'
import type { Mapping, Refusable } from '../../domain/mapping/mapping.ts'
import type { Refused } from '../../domain/mapping/refusals.ts'
import type { Changes } from '../changes.ts'
import type { Configure } from '../connections/configure.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Seen, Unsafe } from './preview.ts'

/** `something`: an entry of before this was kept does not tell which. */
export type Changed = 'mapping' | 'table' | 'address' | 'something'

export interface ConfirmedBefore extends Confirmation {
  readonly changed: readonly Changed[]
}

export interface MappingPreview extends Seen {
  readonly source: string
  readonly table: string
  readonly profile: string
  readonly mapping: Mapping
  /** What a confirmation names; null: Redrive's own layout, which needs none. */
  readonly digest: string | null
  readonly confirmed: Confirmation | null
  /** What was confirmed last, where that is something else than this. */
  readonly before: ConfirmedBefore | null
  /** Why it cannot be confirmed. */
  readonly unsafe: readonly Unsafe[]
  readonly refusals: readonly (Refused & { readonly action: Refusable })[]
}

/** A look and the shape of the tables that it was at. */
export interface Looked {
  readonly preview: MappingPreview
  readonly shape: string
}

export interface MappingParts {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly configure: Configure
  readonly locks: Locks
  readonly changes: Changes
}
