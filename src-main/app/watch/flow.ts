import { FLOW_ROWS_MAX, flowOf } from '../../domain/flow.ts'
import type { Flow } from '../../domain/flow.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Connections } from '../connections/connections.ts'

/** Less than a page may take: nobody waits for it, and every source is asked again and again. */
const FLOW_BUDGET_MS = 500

/**
 * How fast messages come into a source lately, from its newest rows: one short read along the key, whatever the size of the
 * table. Null: nobody can tell.
 */
export function readFlow(
  { connections, clock }: { readonly connections: Connections; readonly clock: Clock },
  source: string,
  signal: AbortSignal,
): Promise<Flow | null> {
  return connections.withOutbox(
    source,
    async (outbox) => {
      const newest = { filter: {}, order: 'newest', cursor: null, limit: FLOW_ROWS_MAX } as const
      const { messages, nextCursor, scope } = await outbox.list(
        { ...newest, budgetMs: FLOW_BUDGET_MS },
        signal,
      )
      // A page that ran out of time is short for that reason.
      if (!scope.complete || (nextCursor !== null && messages.length < FLOW_ROWS_MAX)) return null
      const sentLeave = outbox.mapping.sentRows !== 'kept'
      return flowOf(messages, { nowMs: clock.now().getTime(), sentLeave })
    },
    signal,
  )
}
