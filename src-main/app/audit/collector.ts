import { DEVIATIONS_PER_CHAIN_MAX, FINDINGS_KEPT_MAX, nothingFound } from '../../domain/audit.ts'
import type { AuditOutcome } from '../../domain/audit.ts'
import type { Deviation } from '../../domain/chain/deviation.ts'
import type { ChainFinding, ChainNumbers } from '../../domain/chain/finding.ts'
import { judgeChain } from '../../domain/chain/judge.ts'

/** Findings as they come, with memory for FINDINGS_KEPT_MAX of them. */
export interface Collector {
  /** Deviations of whole chains. */
  take(deviations: readonly Deviation[]): void
  /** By chain: connections that read side by side hand them over in any order. */
  kept(): readonly ChainFinding[]
  /** Findings by kind that were counted and not kept. */
  droppedByKind(): AuditOutcome['byKind']
  /** Chains with more damage than was judged. */
  cutChains(): number
}

export function createCollector(numbers: ChainNumbers): Collector {
  const kept: ChainFinding[] = []
  const dropped = { ...nothingFound.byKind }
  let cut = 0
  return {
    take(deviations) {
      for (const chain of byChain(deviations)) {
        if (chain.length >= DEVIATIONS_PER_CHAIN_MAX) cut += 1
        for (const finding of judgeChain(chain, numbers)) {
          if (kept.length < FINDINGS_KEPT_MAX) kept.push(finding)
          else dropped[finding.kind] += 1
        }
      }
    },
    kept: () =>
      kept.toSorted((one, other) => (one.chain < other.chain ? -1 : Number(one.chain > other.chain))),
    droppedByKind: () => dropped,
    cutChains: () => cut,
  }
}

function* byChain(deviations: readonly Deviation[]): Generator<readonly Deviation[]> {
  let from = 0
  for (let at = 1; at <= deviations.length; at += 1) {
    if (deviations[at]?.chain === deviations[from]?.chain) continue
    yield deviations.slice(from, at)
    from = at
  }
}
