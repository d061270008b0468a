import { RedriveError } from '../../domain/errors.ts'
import type { ChainFinding } from '../../domain/chain/finding.ts'
import { actionableStates } from '../../domain/message.ts'
import type { ListQuery, MessagePage } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { planResend } from '../resend/plan-resend.ts'
import { readerOf } from './chain-view.ts'

/** Messages of one chain that a repair looks through, and that its plan holds at most. */
const REPAIR_MESSAGES_MAX = 10_000
const REPAIR_PAGE = 500
const REPAIR_PAGE_BUDGET_MS = 5_000

export interface Repair {
  /** Null where nothing is left to send. */
  readonly plan: string | null
  /** Messages that exist no more: nobody can resend them. */
  readonly gone: { readonly from: string; readonly to: string } | null
  readonly unsent: number
  readonly says: string
}

/**
 * A plan for what has not been sent of the finding's chain, from the finding on, in order. A plan, and no more: it is run
 * as any other, when somebody has read it.
 */
export async function planRepair(
  ports: EnginePorts,
  connections: Connections,
  { source, finding }: { readonly source: string; readonly finding: ChainFinding },
  signal: AbortSignal,
): Promise<Repair> {
  const gone = await goneOf(connections, source, finding, signal)
  const ids = await unsentFrom(connections, source, finding, signal)
  const selection = { kind: 'ids', ids } as const
  const request = { source, selection, edit: null, redirect: null }
  const plan =
    ids.length === 0 ? null : await planResend(ports, connections, request, signal).catch(nothingToSend)
  const unsent = plan?.items ?? 0
  return { plan: plan?.plan ?? null, gone, unsent, says: sayRepair(gone, unsent, finding) }
}

/** All of it is held by unknown outcomes or fresh claims: then there is nothing to plan, and that is no failure. */
function nothingToSend(error: unknown): null {
  if (error instanceof RedriveError && error.code === 'plan-empty') return null
  throw error
}

/** It may have been stored since the audit. */
async function goneOf(
  connections: Connections,
  source: string,
  { kind, chain, previousId, missingTo }: ChainFinding,
  signal: AbortSignal,
): Promise<Repair['gone']> {
  if (kind !== 'missing' || previousId === null) return null
  if (missingTo !== null) return { from: previousId, to: missingTo }
  const place = { chain, id: previousId }
  const present = await connections.withOutbox(
    source,
    (outbox) => readerOf(outbox, source).present([place], signal),
    signal,
  )
  return present.some((one) => one.chain === chain) ? null : { from: previousId, to: previousId }
}

async function unsentFrom(
  connections: Connections,
  source: string,
  { chain, id, previousId }: ChainFinding,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { shape } = await connections.withOutbox(source, async (outbox) => readerOf(outbox, source), signal)
  // Where numbers do not name rows, a row does not tell where it stands: all that waits of the chain is meant.
  const isFrom = shape.id === shape.rowKey ? beginsAt({ id, previousId }) : () => true
  const filter = { chainKey: chain, states: [...actionableStates] }
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const query: ListQuery = {
      filter,
      order: 'oldest',
      cursor,
      limit: REPAIR_PAGE,
      budgetMs: REPAIR_PAGE_BUDGET_MS,
    }
    const page: MessagePage = await connections.withOutbox(
      source,
      (outbox) => outbox.list(query, signal),
      signal,
    )
    ids.push(...page.messages.filter((message) => isFrom(message.id)).map((message) => message.id))
    // A plan of a part would leave out later messages of the same order.
    if (!page.scope.complete && page.nextCursor === null) {
      throw new RedriveError('query-timeout', 'later', { limitMs: REPAIR_PAGE_BUDGET_MS })
    }
    if (ids.length > REPAIR_MESSAGES_MAX) {
      throw new RedriveError('plan-too-large', 'never', { limit: REPAIR_MESSAGES_MAX })
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return ids
}

function beginsAt({ id, previousId }: Pick<ChainFinding, 'id' | 'previousId'>): (id: string) => boolean {
  const from = previousId !== null && BigInt(previousId) < BigInt(id) ? BigInt(previousId) : BigInt(id)
  return (other) => BigInt(other) >= from
}

function sayRepair(gone: Repair['gone'], unsent: number, { chain }: ChainFinding): string {
  const lost =
    gone === null
      ? ''
      : gone.from === gone.to
        ? `Message ${gone.from} does not exist any more: it cannot be resent, and the receiver cannot read it from the database. Have the service that owns it store it anew. `
        : `Messages ${gone.from} to ${gone.to} do not exist any more: they cannot be resent. Have the service that owns them store them anew. `
  if (unsent === 0) {
    return `${lost}Nothing else of chain ${chain} waits to be sent from there on: a receiver that lacks something reads it from the database by id.`
  }
  return `${lost}The plan resends ${unsent} messages of chain ${chain} in their order; the first failure stops the rest.`
}
