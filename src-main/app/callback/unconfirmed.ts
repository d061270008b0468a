import type { CallbackConfig } from '../../domain/callback/config.ts'
import type { UpstreamAttempt } from '../../domain/callback/upstream.ts'
import type { Evidence, EvidenceReason } from '../../domain/evidence.ts'
import type { Message } from '../../domain/message.ts'
import type { MessageFilter } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { callbackOf } from './configured.ts'
import { withConfirmations } from './confirmations.ts'
import type { Confirmations } from './confirmations.ts'

/** Sent messages that one look compares at most. */
export const COMPARED_MAX = 10_000
/** Of one page of the outbox. */
const PAGE_ROWS = 500
const LOOK_BUDGET_MS = 1_500

export interface UnconfirmedMessage {
  readonly message: Message
  /** Seconds since it was stored; null: the outbox does not tell. */
  readonly ageSec: number | null
  readonly resends: readonly UpstreamAttempt[]
}

export interface UnconfirmedPage {
  /** Where the confirmations are. */
  readonly where: string
  readonly afterSec: number
  readonly unconfirmed: readonly UnconfirmedMessage[]
  /** Sent messages of which nothing can be said, by why. */
  readonly untold: readonly { readonly reason: EvidenceReason; readonly count: number }[]
  readonly compared: number
  /** For the next page; null: all was compared. */
  readonly nextCursor: string | null
  /** False: confirmations may wait in the broker, so that some of these may be confirmed. */
  readonly current: boolean
}

export interface UnconfirmedQuery {
  readonly source: string
  readonly cursor: string | null
  /** A page ends with the rows of the outbox in which it is reached: it may hold a few hundred more. */
  readonly limit: number
}

interface Parts {
  readonly ports: EnginePorts
  readonly connections: Connections
}

/** Sent messages, newest first, whose receiver has confirmed nothing though it had the time to. */
export async function listUnconfirmed(
  parts: Parts,
  query: UnconfirmedQuery,
  signal: AbortSignal,
): Promise<UnconfirmedPage> {
  const callback = await callbackOf(parts.connections, query.source)
  return withConfirmations(
    parts,
    { source: query.source, callback },
    (confirmations) => compare(parts, { ...query, callback, confirmations }, signal),
    signal,
  )
}

async function compare(
  { ports, connections }: Parts,
  {
    source,
    callback,
    confirmations,
    ...query
  }: UnconfirmedQuery & { readonly callback: CallbackConfig; readonly confirmations: Confirmations },
  signal: AbortSignal,
): Promise<UnconfirmedPage> {
  // Before the comparison: what is stored after it can only make the list shorter.
  const current = await confirmations.current()
  const { clock, upstream } = ports
  const filter: MessageFilter = { states: ['sent'], ageSecMin: callback.unconfirmedAfterSec }
  const untold = new Map<EvidenceReason, number>()
  const found: Message[] = []
  let compared = 0
  let cursor = query.cursor
  for (let more = true; more;) {
    const page = await connections.withOutbox(
      source,
      (outbox) =>
        outbox.list({ filter, order: 'newest', cursor, limit: PAGE_ROWS, budgetMs: LOOK_BUDGET_MS }, signal),
      signal,
    )
    const said = await confirmations.look(page.messages, signal)
    for (const [at, message] of page.messages.entries()) sort(message, said[at], { found, untold })
    compared += page.messages.length
    cursor = page.nextCursor
    more = cursor !== null && page.scope.complete && found.length < query.limit && compared < COMPARED_MAX
  }
  const resends = await upstream.attempts(
    source,
    found.map(({ messageId }) => messageId),
  )
  const now = clock.now().getTime()
  return {
    where: confirmations.where,
    afterSec: callback.unconfirmedAfterSec,
    unconfirmed: found.map((message) => ({
      message,
      ageSec: message.createdAt === null ? null : Math.floor((now - Date.parse(message.createdAt)) / 1_000),
      resends: resends.get(message.messageId) ?? [],
    })),
    untold: [...untold].map(([reason, count]) => ({ reason, count })),
    compared,
    nextCursor: cursor,
    current,
  }
}

function sort(
  message: Message,
  evidence: Evidence | undefined,
  { found, untold }: { readonly found: Message[]; readonly untold: Map<EvidenceReason, number> },
): void {
  if (evidence === undefined || evidence.verdict === 'consumed') return
  if (evidence.verdict === 'not-seen-within-retention') found.push(message)
  else if (evidence.reason !== null) untold.set(evidence.reason, (untold.get(evidence.reason) ?? 0) + 1)
}
