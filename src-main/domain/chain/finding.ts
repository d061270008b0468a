/**
 * What can be wrong with a chain.
 * - `missing`: a message names a predecessor that its chain does not hold. Told once for each missing id.
 * - `fork`: a message has the same predecessor as an earlier one.
 * - `disorder`: a message's id is not greater than its predecessor's.
 * - `duplicate`: an id stands in the chain once more.
 * - `orphan-head`: a message without a predecessor, though its chain has a beginning already.
 * - `cycle`: predecessors lead back to the message; told in the place of its disorder, at the smallest id of the cycle.
 */
export const findingKinds = ['missing', 'fork', 'disorder', 'duplicate', 'orphan-head', 'cycle'] as const
export type FindingKind = (typeof findingKinds)[number]

/**
 * What became of a message that is missing.
 * - `in-flight`: a transaction is open that could still store it.
 * - `rolled-back`: it was never stored.
 * - `lost`: it was stored, or nothing explains why it is not there.
 * - `unknown`: it cannot be told which of these.
 */
export const holeKinds = ['in-flight', 'rolled-back', 'lost', 'unknown'] as const
export type HoleKind = (typeof holeKinds)[number]

export const holeReasons = [
  'transaction-open',
  'never-deleted',
  'verified-before',
  'other-chain',
  'not-from-sequence',
  'burnt-or-deleted',
  'sequence-hidden',
  'standby',
  'not-settled',
] as const
export type HoleReason = (typeof holeReasons)[number]

export interface Hole {
  readonly kind: HoleKind
  readonly reason: HoleReason
  /** Values for the sentence of the reason; never a payload. */
  readonly detail: Readonly<Record<string, string | number>>
}

/** Ids are decimal text, always: a bigint does not survive a number. */
export interface ChainFinding {
  readonly kind: FindingKind
  readonly chain: string
  /** The message where it was noticed. */
  readonly id: string
  /** The predecessor that it names: the missing one for `missing`. */
  readonly previousId: string | null
  /** Where numbers are missing in a row: the last one, with `previousId` as the first. Null: only `previousId`. */
  readonly missingTo: string | null
  /** Only for `missing`. */
  readonly hole: Hole | null
}

export type ChainVerdict = 'intact' | 'broken' | 'incomplete'

/** How the messages of a chain are told to follow each other. */
export type ChainNumbers =
  /** Each names the id of the one before it. */
  | 'linked'
  /** Numbers without holes: each is one more than the one before it. */
  | 'continuous'
  /** Numbers that only grow: holes mean nothing. */
  | 'growing'

/** A hole among bare numbers is no damage where the number was never given to a message; a link to nothing is. */
export function breaks({ kind, hole }: ChainFinding, numbers: ChainNumbers): boolean {
  if (kind !== 'missing' || hole === null) return true
  if (hole.kind === 'in-flight') return false
  if (hole.reason === 'standby' || hole.reason === 'not-settled') return false
  return hole.kind !== 'rolled-back' || numbers === 'linked'
}

/** Whatever cannot be decided now keeps an audit from saying intact. */
function isOpen({ hole }: ChainFinding): boolean {
  return (
    hole !== null && (hole.kind === 'in-flight' || hole.reason === 'standby' || hole.reason === 'not-settled')
  )
}

export interface VerdictFacts {
  /** Everything in scope was read to its end. */
  readonly complete: boolean
  readonly numbers: ChainNumbers
  readonly findings: readonly ChainFinding[]
  /** Findings that were counted and not kept. */
  readonly dropped: number
}

export function verdictOf({ complete, numbers, findings, dropped }: VerdictFacts): ChainVerdict {
  if (!complete) return 'incomplete'
  if (dropped > 0 || findings.some((finding) => breaks(finding, numbers))) return 'broken'
  return findings.some(isOpen) ? 'incomplete' : 'intact'
}
