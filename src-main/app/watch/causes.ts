import { newCauses } from '../../domain/new-causes.ts'
import type { NewCause } from '../../domain/new-causes.ts'
import { GROUPS_MAX } from '../../ports/outbox.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Connections } from '../connections/connections.ts'

const CAUSES_BUDGET_MS = 1_500

export interface CausesFound {
  readonly causes: readonly NewCause[]
  /** False: not all that failed was looked at, so that one may be older than it seems, and others be missing. */
  readonly complete: boolean
}

/** Causes of failure that nothing older than a day has, in the bounds of any other grouping. */
export function readNewCauses(
  { connections, clock }: { readonly connections: Connections; readonly clock: Clock },
  source: string,
  signal: AbortSignal,
): Promise<CausesFound> {
  return connections.withOutbox(
    source,
    async (outbox) => {
      const failed = { trouble: 'failed' } as const
      const { groups, bounded, scope } = await outbox.groups(failed, 'error', CAUSES_BUDGET_MS, signal)
      const complete = !bounded && scope.complete && groups.length < GROUPS_MAX
      return { causes: newCauses(groups, clock.now().getTime()), complete }
    },
    signal,
  )
}
