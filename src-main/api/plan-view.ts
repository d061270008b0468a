import type { PlanItem as ApiItem, PlanView } from '../../src-preload/contract/plans.ts'
import type { PlanStanding } from '../app/guard/guards.ts'
import { destinationKey } from '../app/resend/destinations.ts'
import type { Plan, PlanItem } from '../domain/plan.ts'
import type { Environment } from '../domain/workspace.ts'
import type { DestinationCheck } from '../ports/broker.ts'

/** What is not in the plan itself: how things stand now. */
export interface PlanNow {
  readonly environment: Environment
  readonly job: string | null
  readonly checks: readonly DestinationCheck[]
  /** Its first items. */
  readonly sample: readonly PlanItem[]
  /** As it may be shown. */
  readonly edit: PlanView['edit']
  /** What a second person is needed for; null: no policy. */
  readonly standing: PlanStanding | null
}

/** A plan as an operator reads it, with what the broker says of its destinations now. */
export function planView(
  plan: Plan,
  { environment, job, checks, sample, edit, standing }: PlanNow,
): PlanView {
  const { skipped, dryRun } = plan
  return {
    plan: plan.plan,
    digest: plan.digest,
    source: plan.source,
    environment,
    broker: plan.broker,
    createdAt: plan.createdAt,
    createdBy: plan.createdBy,
    selection: plan.selection,
    items: plan.items,
    oldestCreatedAt: dryRun.oldestCreatedAt,
    newestCreatedAt: dryRun.newestCreatedAt,
    dryRun: dryRunView(plan, checks),
    evidence: plan.evidence ? { ...plan.evidence, unknown: [...plan.evidence.unknown] } : null,
    edit,
    redirect: plan.redirect,
    skippedCount: skipped.count,
    skippedByCode: Object.entries(skipped.byCode).map(([code, count]) => ({ code: code as never, count })),
    skipped: [...skipped.named],
    warnings: [...plan.warnings],
    deadLetters: deadLettersView(plan),
    sample: sample.map(planItemView),
    job,
    approval: standing && approvalView(standing),
  }
}

function approvalView({ why, policy, given }: PlanStanding): PlanView['approval'] {
  return {
    why,
    above: policy.above,
    approvers: Object.keys(policy.approvers),
    given: given.map(({ approval: { statement }, problem }) => {
      const { approver, approvedAt, validUntil } = statement
      return { approver, approvedAt, validUntil, problem }
    }),
  }
}

function deadLettersView({ deadLetters }: Plan): PlanView['deadLetters'] {
  if (deadLetters === undefined) return null
  const { queue, action, reason, heldAfter } = deadLetters
  return { queue, action, reason, heldAfter }
}

export function planItemView<Item extends PlanItem>({
  payload,
  ...item
}: Item): Omit<Item, 'payload'> & Pick<ApiItem, 'edited'> {
  return { ...item, edited: payload !== null }
}

function dryRunView(
  { items, dryRun, evidence }: Plan,
  checks: readonly DestinationCheck[],
): PlanView['dryRun'] {
  const { counts, measuredPerSec, maybeSent, orderBroken } = dryRun
  const exists = new Map(checks.map((check) => [destinationKey(check.destination), check.exists]))
  const { byType, byDestination, byCause, byAge, byState } = counts
  return {
    byType: { groups: [...byType.groups], others: byType.others },
    byDestination: {
      groups: byDestination.groups.map(({ key, count }) => ({
        key,
        count,
        exists: exists.get(destinationKey(key)) ?? null,
      })),
      others: byDestination.others,
    },
    byCause: { groups: [...byCause.groups], others: byCause.others },
    byAge: [...byAge],
    byState: [...byState],
    estimateSec: measuredPerSec === null ? null : Math.max(1, Math.ceil(items / measuredPerSec)),
    maybeSent,
    probablyConsumed: (evidence?.where ?? null) === null ? null : (evidence?.consumed ?? 0),
    orderBroken,
  }
}
