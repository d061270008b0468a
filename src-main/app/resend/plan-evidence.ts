import type { EvidenceReason } from '../../domain/evidence.ts'
import type { PlanEvidence } from '../../domain/plan.ts'
import type { Asking } from '../evidence/asking.ts'
import type { Judged } from './plan-items.ts'

/** Evidence of the messages of a plan, gathered batch by batch while they pass by. */
export interface PlanSifter {
  /** Leaves out what was consumed, unless the operator wants it sent again; everything else stays as it is. */
  sift(judged: readonly Judged[], signal: AbortSignal): Promise<readonly Judged[]>
  result(): PlanEvidence
}

/** `includeConsumed`: why consumed messages are sent again; null: they are not. */
export function createPlanSifter(asking: Asking, includeConsumed: string | null): PlanSifter {
  const reasons = new Map<EvidenceReason, number>()
  let consumed = 0
  let notSeen = 0
  return {
    async sift(judged, signal) {
      const wanted = judged.flatMap((one) => ('row' in one ? [one.row] : []))
      const requests = wanted.map(({ id, messageId, createdAt }) => ({ id, messageId, createdAt }))
      const found = new Map(
        (await asking.ask(requests, signal)).map((evidence, at) => [requests[at]?.id, evidence]),
      )
      return judged.map((one): Judged => {
        if (!('row' in one)) return one
        const { id, messageId } = one.row
        const evidence = found.get(id)
        if (evidence?.verdict === 'not-seen-within-retention') notSeen += 1
        else if (evidence?.verdict === 'consumed') consumed += 1
        else {
          const reason = evidence?.reason ?? 'not-mapped'
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        }
        const isLeftOut = evidence?.verdict === 'consumed' && includeConsumed === null
        return isLeftOut ? { skip: { id, messageId, code: 'already-consumed' } } : one
      })
    },
    result: () => ({
      where: asking.where,
      consumed,
      notSeen,
      unknown: [...reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
      problem: asking.problem(),
      included: consumed === 0 ? null : includeConsumed,
    }),
  }
}
