import type { LookedLetter } from '../../domain/dead-letter/look.ts'
import type { Message } from '../../domain/message.ts'
import type { Connections } from '../connections/connections.ts'
import type { EvidenceViews, Shown } from '../evidence/evidence.ts'

const STORED_TIMEOUT_MS = 3_000
const STORED_ROWS_MAX = 3

/** Rows of one source that a letter was sent from, with what its receiver has consumed of them, in their order. */
export interface StoredRows {
  readonly source: string
  readonly messages: readonly Message[]
  readonly shown: Shown
}

interface Places {
  readonly connections: Connections
  readonly evidence: EvidenceViews
}

/** Of the sources that deliver to the letter's broker. One that does not answer in time is left out: it says nothing. */
export async function storedRows(
  places: Places,
  broker: string,
  { messageId }: LookedLetter,
  signal: AbortSignal,
): Promise<readonly StoredRows[]> {
  if (messageId === null) return []
  const { sources } = await places.connections.workspace()
  const names = Object.keys(sources).filter((name) => sources[name]?.deliver?.broker === broker)
  const answers = await Promise.allSettled(names.map((source) => rowsOf(places, source, messageId, signal)))
  signal.throwIfAborted()
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}

async function rowsOf(
  { connections, evidence }: Places,
  source: string,
  messageId: string,
  signal: AbortSignal,
): Promise<StoredRows> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(STORED_TIMEOUT_MS)])
  const query = { filter: { messageId }, order: 'newest', cursor: null, limit: STORED_ROWS_MAX } as const
  const { messages } = await connections.withOutbox(
    source,
    (outbox) => outbox.list({ ...query, budgetMs: STORED_TIMEOUT_MS }, limited),
    limited,
  )
  return { source, messages, shown: await evidence.show(source, messages, signal) }
}
