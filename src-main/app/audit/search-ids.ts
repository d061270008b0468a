import { RedriveError } from '../../domain/errors.ts'
import type { IdService } from '../../domain/id-service.ts'
import type { IdsFound } from '../../ports/id-reader.ts'
import type { Connections } from '../connections/connections.ts'

/** One statement of a search may take this long. */
const STATEMENT_MS_MAX = 600_000

export interface IdsRequest {
  readonly source: string
  /** Only ids greater than this; null: all. */
  readonly since: string | null
}

export interface IdsSearched extends IdsFound {
  readonly kind: IdService['kind']
}

/**
 * What the ids of an outbox tell of the service that made them, which the workspace names. Throws `usage` where it names
 * none, `chain-audit-unavailable`, and what an outbox throws; what was not searched to its end is never an answer.
 */
export async function searchIds(
  connections: Connections,
  { source, since }: IdsRequest,
  signal: AbortSignal,
): Promise<IdsSearched> {
  const { outbox } = await connections.source(source)
  const { ids: service } = outbox
  if (service === undefined) {
    const problem = `The source "${source}" does not say what made its ids: add "ids" to its outbox in the workspace file.`
    throw new RedriveError('usage', 'never', { problem })
  }
  return connections.withOutbox(
    source,
    async ({ ids }) => {
      if (ids === null) throw new RedriveError('chain-audit-unavailable', 'never', { source })
      const found = await ids.search({ service, since, statementMs: STATEMENT_MS_MAX }, signal)
      return { ...found, kind: service.kind }
    },
    signal,
  )
}
