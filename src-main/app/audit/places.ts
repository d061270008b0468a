import { FINDINGS_KEPT_MAX } from '../../domain/audit.ts'
import { createPlacesJudge, placesVerdict } from '../../domain/chain/places.ts'
import type { PlaceCounts, PlaceFinding, PlacesJudge, StoredMessage } from '../../domain/chain/places.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Message } from '../../domain/message.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { LIST_LIMIT_MAX } from '../../ports/outbox.ts'
import type { MessageFilter, MessagePage, Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

const PAGE_BUDGET_MS = 5_000
/** Pages without a row before the look ends as incomplete. */
const EMPTY_PAGES_MAX = 60
const SECOND_MS = 1_000

export interface PlacesRequest {
  readonly source: string
  /** Null: the whole outbox. */
  readonly chains: readonly string[] | null
}

export interface PlacesReport extends PlaceCounts {
  readonly where: string
  readonly verdict: 'intact' | 'broken' | 'incomplete'
  /** The first FINDINGS_KEPT_MAX; `byKind` counts all. */
  readonly findings: readonly PlaceFinding[]
  /** Where the receiver stands, of the chains that were asked for. */
  readonly positions: readonly { readonly chain: string; readonly position: string }[]
  /** What this look cannot see, in English. */
  readonly remarks: readonly string[]
}

/**
 * Compares stored → sent → consumed, message by message, in pages: memory does not grow with the table but for the chains
 * whose order is followed. Reads only. Throws `evidence-not-mapped` where nobody says what was consumed, and
 * `evidence-unreachable` where it stopped answering: a part says nothing about the whole.
 */
export async function comparePlaces(
  { ports, connections }: { readonly ports: EnginePorts; readonly connections: Connections },
  request: PlacesRequest,
  moved: (messages: number) => void,
  signal: AbortSignal,
): Promise<PlacesReport> {
  const { source, chains } = request
  const { stuckAfterSec } = await connections.source(source)
  const reader = await connections.evidence(source, signal)
  if (reader === null) throw new RedriveError('evidence-not-mapped', 'never', { source })
  const judge = createPlacesJudge()
  const findings: PlaceFinding[] = []
  const keep = (found: readonly PlaceFinding[]): void => {
    findings.push(...found.slice(0, Math.max(0, FINDINGS_KEPT_MAX - findings.length)))
  }
  return connections.withOutbox(
    source,
    async (outbox) => {
      const freshSince = (): number => ports.clock.now().getTime() - stuckAfterSec * SECOND_MS
      const filters: MessageFilter[] = chains === null ? [{}] : chains.map((chainKey) => ({ chainKey }))
      let complete = true
      for (const filter of filters) {
        for await (const page of pagesOf(outbox, filter, signal)) {
          if (!page.scope.complete && page.nextCursor === null) complete = false
          keep(await judgePage({ judge, reader, freshSince: freshSince() }, page.messages, signal))
          moved(judge.counts().stored)
        }
      }
      const strangers = await findStrangers({ outbox, reader, judge, chains }, keep, signal)
      const counts = judge.counts()
      return {
        ...counts,
        where: reader.where,
        verdict: placesVerdict(counts, complete),
        findings,
        positions: await positionsOf(reader, chains, signal),
        remarks: [...strangers, ...remarksOf(judge, findings.length)],
      }
    },
    signal,
  )
}

async function* pagesOf(
  outbox: Outbox,
  filter: MessageFilter,
  signal: AbortSignal,
): AsyncGenerator<MessagePage> {
  let cursor: string | null = null
  let empty = 0
  do {
    const query = {
      filter,
      order: 'oldest' as const,
      cursor,
      limit: LIST_LIMIT_MAX,
      budgetMs: PAGE_BUDGET_MS,
    }
    const page = await outbox.list(query, signal)
    empty = page.messages.length === 0 ? empty + 1 : 0
    if (empty > EMPTY_PAGES_MAX)
      throw new RedriveError('query-timeout', 'later', { limitMs: PAGE_BUDGET_MS * EMPTY_PAGES_MAX })
    yield page
    cursor = page.nextCursor
  } while (cursor !== null)
}

async function judgePage(
  {
    judge,
    reader,
    freshSince,
  }: { readonly judge: PlacesJudge; readonly reader: EvidenceReader; readonly freshSince: number },
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<readonly PlaceFinding[]> {
  if (messages.length === 0) return []
  const found = await reader.look(messages, signal)
  const keys = [...new Set(messages.flatMap(({ chain }) => (chain === null ? [] : [chain.key])))]
  const positions = (await reader.positions?.(keys, signal)) ?? new Map<string, string>()
  return messages.flatMap((message, at) => {
    const evidence = found[at]
    if (evidence === undefined) return []
    const position = message.chain === null ? null : (positions.get(message.chain.key) ?? null)
    return judge.add(storedOf(message, freshSince), evidence, position)
  })
}

function storedOf(message: Message, freshSince: number): StoredMessage {
  const { id, messageId, chain, state, createdAt, updatedAt } = message
  const changed = updatedAt ?? createdAt
  const is =
    state === 'sent' || state === 'consumed'
      ? 'sent'
      : state === 'discarded' || state === 'expired'
        ? 'over'
        : 'waiting'
  // A failed one waits for nobody but a person.
  const isFresh = state !== 'failed' && changed !== null && Date.parse(changed) > freshSince
  return { id, messageId, chain: chain?.key ?? null, is, isFresh }
}

/** What was consumed and is not stored; answers with what could not be looked at. */
async function findStrangers(
  {
    outbox,
    reader,
    judge,
    chains,
  }: {
    readonly outbox: Outbox
    readonly reader: EvidenceReader
    readonly judge: PlacesJudge
    readonly chains: readonly string[] | null
  },
  keep: (found: readonly PlaceFinding[]) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { walk } = reader
  const { stored, mapping } = outbox
  if (chains !== null)
    return [
      'What was consumed and is not stored is looked for in the whole outbox only: proofs name no chain.',
    ]
  if (walk === null) return ['Proofs are found by the outbox’s rows: none is seen whose row is gone.']
  if (stored === null) return ['Message ids are no column of the outbox: unknown ones were not looked for.']
  if (mapping.sentRows !== 'kept')
    return ['Sent rows do not stay in this outbox: a proof without a row says nothing.']
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof walk>> = await walk({ after, limit: LIST_LIMIT_MAX }, signal)
    const ids = page.consumptions.map(({ messageId }) => messageId)
    const known = await stored(ids, signal)
    const strangers = page.consumptions.filter(({ messageId }) => !known.has(messageId))
    keep(strangers.map(({ messageId, firstAt }) => judge.stranger(messageId, firstAt)))
    after = page.next
  } while (after !== null)
  return []
}

async function positionsOf(
  { positions }: EvidenceReader,
  chains: readonly string[] | null,
  signal: AbortSignal,
): Promise<PlacesReport['positions']> {
  if (positions === null || chains === null) return []
  return [...(await positions(chains, signal))].map(([chain, position]) => ({ chain, position }))
}

function remarksOf(judge: PlacesJudge, kept: number): readonly string[] {
  const all = Object.values(judge.counts().byKind).reduce((sum, count) => sum + count, 0)
  return [
    ...(all > kept ? [`${all - kept} more findings were counted and not kept.`] : []),
    ...(judge.unfollowed() > 0
      ? [`The order of ${judge.unfollowed()} messages was not followed: there are too many chains.`]
      : []),
  ]
}
