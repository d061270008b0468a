import { isLog } from '../../domain/evidence-config.ts'
import type { EvidenceConfig } from '../../domain/evidence-config.ts'

/** What of a source names another part of the workspace. */
interface Referring {
  readonly deliver?: { readonly broker: string }
  readonly evidence?: EvidenceConfig
  readonly callback?: {
    readonly listen?: { readonly broker: string }
    readonly confirmations?: { readonly source?: string }
  }
}

interface Reference {
  readonly to: 'source' | 'broker'
  readonly name: string | undefined
  readonly path: readonly string[]
}

export interface Dangling {
  readonly path: readonly string[]
  readonly message: string
}

/** Names that a source says, and that the workspace does not have. `path` is within the source. */
export function danglingNames(
  source: Referring,
  has: { readonly source: (name: string) => boolean; readonly broker: (name: string) => boolean },
): readonly Dangling[] {
  return referencesOf(source).flatMap(({ to, name, path }) =>
    name === undefined || has[to](name) ? [] : [{ path, message: `there is no ${to} of the name ${name}` }],
  )
}

function referencesOf({ deliver, evidence, callback }: Referring): readonly Reference[] {
  const log = evidence !== undefined && isLog(evidence) ? evidence.broker : undefined
  const table = evidence === undefined || isLog(evidence) ? undefined : evidence.source
  return [
    { to: 'broker', name: callback?.listen?.broker, path: ['callback', 'listen', 'broker'] },
    { to: 'source', name: callback?.confirmations?.source, path: ['callback', 'confirmations', 'source'] },
    { to: 'source', name: table, path: ['evidence', 'source'] },
    { to: 'broker', name: log, path: ['evidence', 'broker'] },
    { to: 'broker', name: deliver?.broker, path: ['deliver', 'broker'] },
  ]
}
