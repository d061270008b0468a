import { RedriveError } from '../../domain/errors.ts'
import type { EventsFound } from '../../ports/event-reader.ts'
import type { Connections } from '../connections/connections.ts'

/** One statement of a search may take this long. */
const STATEMENT_MS_MAX = 600_000

export interface EventsRequest {
  readonly source: string
  /** Only messages with a greater id; null: all. */
  readonly since: string | null
}

export interface EventsSearched extends EventsFound {
  readonly windowSec: number
}

/**
 * Business events that are stored under two message ids, by the fingerprint that the workspace gives the source. Throws
 * `fingerprint-not-set`, `event-search-unavailable`, and what an outbox throws; what was not searched to its end is never an answer.
 */
export async function searchEvents(
  connections: Connections,
  { source, since }: EventsRequest,
  signal: AbortSignal,
): Promise<EventsSearched> {
  const { outbox } = await connections.source(source)
  const { fingerprint } = outbox
  if (fingerprint === undefined) throw new RedriveError('fingerprint-not-set', 'never', { source })
  return connections.withOutbox(
    source,
    async ({ events }) => {
      if (events === null) throw new RedriveError('event-search-unavailable', 'never', { source })
      const found = await events.search({ fingerprint, since, statementMs: STATEMENT_MS_MAX }, signal)
      return { ...found, windowSec: fingerprint.windowSec }
    },
    signal,
  )
}
