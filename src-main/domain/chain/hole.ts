import type { ChainFinding, ChainNumbers, Hole } from './finding.ts'

/** What is known about a place where a message should be, once nothing of the first look can change any more. */
export interface HoleFacts {
  readonly finding: ChainFinding
  readonly numbers: ChainNumbers
  readonly standby: boolean
  /** The oldest transaction that was open when the hole was seen, and still is. */
  readonly open: {
    readonly pid: number | null
    readonly since: string | null
    readonly wroteHere: boolean
  } | null
  /** Another chain holds the id. */
  readonly otherChain: string | null
  /** Everything up to this id was found intact before; null: nothing was. */
  readonly intactTo: string | null
  readonly neverDeleted: boolean
  readonly sequence:
    { readonly is: 'none' | 'hidden' } | { readonly is: 'known'; readonly last: string | null }
}

/**
 * Why a message is missing. What cannot be told is unknown: a value that a sequence handed out and no row holds was rolled
 * back, or the row was deleted, and in general nothing in the database says which.
 */
export function holeOf(facts: HoleFacts): Hole {
  const { finding, open, sequence, otherChain } = facts
  const id = finding.previousId ?? ''
  if (facts.standby) return { kind: 'unknown', reason: 'standby', detail: {} }
  if (open !== null) return { kind: 'in-flight', reason: 'transaction-open', detail: openDetail(open) }
  if (otherChain !== null) return { kind: 'unknown', reason: 'other-chain', detail: { chain: otherChain } }
  if (wasThere(facts)) {
    return { kind: 'lost', reason: 'verified-before', detail: { verifiedTo: facts.intactTo ?? '' } }
  }
  if (facts.neverDeleted) return { kind: 'rolled-back', reason: 'never-deleted', detail: {} }
  if (sequence.is === 'hidden') return { kind: 'unknown', reason: 'sequence-hidden', detail: {} }
  const last = sequence.is === 'known' ? sequence.last : null
  if (sequence.is === 'none' || isBeyond(id, last)) {
    return { kind: 'lost', reason: 'not-from-sequence', detail: { last: last ?? '-' } }
  }
  return { kind: 'unknown', reason: 'burnt-or-deleted', detail: { last: last ?? '-' } }
}

function openDetail({ pid, since, wroteHere }: NonNullable<HoleFacts['open']>): Hole['detail'] {
  return { pid: pid ?? '-', since: since ?? '-', wrote: wroteHere ? 1 : 0 }
}

/** The message that names it was there as well when all was intact: so was what it names. */
function wasThere({ finding, intactTo }: HoleFacts): boolean {
  if (intactTo === null || finding.previousId === null) return false
  const to = BigInt(intactTo)
  return BigInt(finding.id) <= to && BigInt(finding.missingTo ?? finding.previousId) <= to
}

function isBeyond(id: string, last: string | null): boolean {
  return last === null || BigInt(id) > BigInt(last)
}

/** True where an earlier look saw the hole as well: it may have been filled in part. */
export function isWithin(hole: ChainFinding, earlier: ChainFinding): boolean {
  if (hole.chain !== earlier.chain || hole.previousId === null || earlier.previousId === null) return false
  return (
    BigInt(hole.previousId) >= BigInt(earlier.previousId) &&
    BigInt(hole.missingTo ?? hole.previousId) <= BigInt(earlier.missingTo ?? earlier.previousId)
  )
}
