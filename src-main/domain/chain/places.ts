import type { Evidence, EvidenceReason } from '../evidence.ts'

/**
 * What can differ between the three places that a message goes through: stored → sent → consumed.
 * - `never-sent`: stored, and nobody has sent it for longer than a relay needs.
 * - `sent-not-consumed`: sent for as long, and the receiver, which would still have the proof, has not consumed it.
 * - `consumed-twice`: the receiver has more than one proof.
 * - `consumed-out-of-order`: consumed before a message that stands before it in its chain.
 * - `consumed-unknown-to-sender`: the receiver has consumed what the sender does not know as sent, or does not hold at all.
 */
export const placeFindingKinds = [
  'never-sent',
  'sent-not-consumed',
  'consumed-twice',
  'consumed-out-of-order',
  'consumed-unknown-to-sender',
] as const
export type PlaceFindingKind = (typeof placeFindingKinds)[number]

export interface PlaceFinding {
  readonly kind: PlaceFindingKind
  /** Null: the message has none, or the sender does not hold it. */
  readonly chain: string | null
  /** Row id; null where the sender does not hold it. */
  readonly id: string | null
  readonly messageId: string
  readonly consumedAt: string | null
  /** Where the receiver stands in the chain; null: it does not say. */
  readonly position: string | null
  /** The receiver has passed it and would drop it: not a resend helps, but its catch-up. Null: it cannot be told. */
  readonly passed: boolean | null
}

/** A message as the sender has it. */
export interface StoredMessage {
  readonly id: string
  readonly messageId: string
  readonly chain: string | null
  /** `over`: it needs no delivery, as somebody decided. */
  readonly is: 'waiting' | 'sent' | 'over'
  /** Changed so lately that nothing can be expected yet. */
  readonly isFresh: boolean
}

export interface PlaceCounts {
  readonly stored: number
  readonly sent: number
  readonly consumed: number
  /** Nothing can be expected of them yet. */
  readonly onTheWay: number
  /** Sent, and whether they were consumed cannot be told. */
  readonly untold: readonly { readonly reason: EvidenceReason; readonly count: number }[]
  readonly byKind: Readonly<Record<PlaceFindingKind, number>>
}

export interface PlacesJudge {
  /** The next message in the order of ids, and what is known of it. */
  add(message: StoredMessage, evidence: Evidence, position: string | null): readonly PlaceFinding[]
  /** A message that the receiver has consumed and the sender does not hold. */
  stranger(messageId: string, consumedAt: string | null): PlaceFinding
  counts(): PlaceCounts
  /** Messages of chains that were too many to be followed for their order. */
  unfollowed(): number
}

/** Chains whose last consumption is remembered. */
export const CHAINS_FOLLOWED_MAX = 200_000
const DIGITS = /^-?\d{1,19}$/

export function createPlacesJudge(): PlacesJudge {
  const byKind: Record<PlaceFindingKind, number> = {
    'never-sent': 0,
    'sent-not-consumed': 0,
    'consumed-twice': 0,
    'consumed-out-of-order': 0,
    'consumed-unknown-to-sender': 0,
  }
  const tally = { stored: 0, sent: 0, consumed: 0, onTheWay: 0 }
  const untold = new Map<EvidenceReason, number>()
  const lastOf = new Map<string, string>()
  let unfollowed = 0

  const isOutOfOrder = (chain: string | null, at: string | null): boolean => {
    if (chain === null || at === null) return false
    const last = lastOf.get(chain)
    if (last === undefined && lastOf.size >= CHAINS_FOLLOWED_MAX) {
      unfollowed += 1
      return false
    }
    // Times are ISO with the same number of digits: their order is that of their texts.
    if (last === undefined || last < at) lastOf.set(chain, at)
    return last !== undefined && at < last
  }
  const kindsOf = (message: StoredMessage, evidence: Evidence): PlaceFindingKind[] => {
    const { verdict, reason, times, consumedAt } = evidence
    if (verdict === 'consumed') {
      tally.consumed += 1
      return [
        ...(message.is === 'waiting' ? (['consumed-unknown-to-sender'] as const) : []),
        ...(times > 1 ? (['consumed-twice'] as const) : []),
        ...(isOutOfOrder(message.chain, consumedAt) ? (['consumed-out-of-order'] as const) : []),
      ]
    }
    if (message.is === 'over') return []
    if (message.isFresh) {
      tally.onTheWay += 1
      return []
    }
    if (message.is === 'waiting') return ['never-sent']
    if (verdict === 'not-seen-within-retention') return ['sent-not-consumed']
    untold.set(reason ?? 'not-mapped', (untold.get(reason ?? 'not-mapped') ?? 0) + 1)
    return []
  }
  return {
    add(message, evidence, position) {
      tally.stored += 1
      if (message.is === 'sent') tally.sent += 1
      const { id, messageId, chain } = message
      const { consumedAt } = evidence
      const passed = passedBy(position, id)
      return kindsOf(message, evidence).map((kind) => {
        byKind[kind] += 1
        return { kind, chain, id, messageId, consumedAt, position, passed }
      })
    },
    stranger(messageId, consumedAt) {
      byKind['consumed-unknown-to-sender'] += 1
      const nowhere = { chain: null, id: null, position: null, passed: null }
      return { kind: 'consumed-unknown-to-sender', messageId, consumedAt, ...nowhere }
    },
    counts: () => ({
      ...tally,
      untold: [...untold].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
      byKind: { ...byKind },
    }),
    unfollowed: () => unfollowed,
  }
}

function passedBy(position: string | null, id: string): boolean | null {
  if (position === null || !DIGITS.test(position) || !DIGITS.test(id)) return null
  return BigInt(position) >= BigInt(id)
}

/** What is found is broken; what cannot be told, or was not read to its end, is no proof of the contrary. */
export function placesVerdict(
  { byKind, untold }: PlaceCounts,
  complete: boolean,
): 'intact' | 'broken' | 'incomplete' {
  if (Object.values(byKind).some((count) => count > 0)) return 'broken'
  return complete && untold.length === 0 ? 'intact' : 'incomplete'
}

/** In one sentence, as the command line prints it. */
export function sayPlace({ kind, chain, id, messageId, consumedAt, position, passed }: PlaceFinding): string {
  const of = chain === null ? '' : ` of chain ${chain}`
  const who = `Message ${id ?? messageId}${of}`
  const when = consumedAt === null ? '' : ` at ${consumedAt}`
  const stands = position === null ? '' : `; the receiver stands at ${position}`
  const drops = passed === true ? ' and would drop it: let it catch up from the database' : ''
  switch (kind) {
    case 'never-sent':
      return `${who} was never sent${stands}${drops}.`
    case 'sent-not-consumed':
      return `${who} was sent and not consumed${stands}${drops}.`
    case 'consumed-twice':
      return `${who} was consumed twice or more, first${when || ' at an unknown time'}.`
    case 'consumed-out-of-order':
      return `${who} was consumed${when}, out of order: one with a greater time stands before it${stands}.`
    case 'consumed-unknown-to-sender':
      return id === null
        ? `Message ${messageId} was consumed${when}, and the sender does not hold it.`
        : `${who} was consumed${when}, and the sender does not know it as sent.`
  }
}
