import { approvalId, approvalProblem, readApproval } from '../../domain/approval.ts'
import type { Approval, ApprovalProblem } from '../../domain/approval.ts'
import { RedriveError } from '../../domain/errors.ts'
import { headerIsIntact } from '../../domain/plan.ts'
import type { Plan } from '../../domain/plan.ts'
import type { ApprovalPolicy } from '../../domain/policy.ts'
import { say } from '../../domain/text.ts'
import type { EnginePorts } from '../engine-ports.ts'

type Ports = Pick<EnginePorts, 'approvals' | 'jobStore' | 'journal' | 'clock' | 'operator'>

/** An approval as it was handed in, judged now. */
export interface Judged {
  readonly approval: Approval
  /** Its name in the journal. */
  readonly id: string
  /** Null: it counts. */
  readonly problem: ApprovalProblem | null
}

export interface Case {
  readonly plan: Plan
  readonly policy: ApprovalPolicy
  /** Whoever has a hand in it beside the maker of the plan and this operator: who began the job. */
  readonly others?: readonly string[]
}

/** Everything that was handed in for a plan, the newest first. */
export async function judgedApprovals(ports: Ports, about: Case): Promise<readonly Judged[]> {
  const texts = await ports.approvals.of(about.plan.plan)
  return texts.flatMap((text) => {
    const approval = readApproval(text)
    return approval === null ? [] : [judge(ports, approval, about)]
  })
}

/** One that counts; null: there is none. */
export async function validApproval(ports: Ports, about: Case): Promise<Judged | null> {
  return (await judgedApprovals(ports, about)).find(({ problem }) => problem === null) ?? null
}

export function judge(ports: Ports, approval: Approval, { plan, policy, others = [] }: Case): Judged {
  const actors = [plan.createdBy, ports.operator(), ...others]
  const problem = headerIsIntact(plan)
    ? approvalProblem(approval, { plan, policy, actors, now: ports.clock.now() })
    : 'another-plan'
  return { approval, id: approvalId(approval), problem }
}

/** Takes an approval in, or throws `approval-invalid`; both are in the journal. */
export async function takeApproval(ports: Ports, text: string, { plan, policy }: Case): Promise<Judged> {
  const approval = readApproval(text)
  const judged = approval === null ? null : judge(ports, approval, { plan, policy })
  const problem = judged === null ? 'unreadable' : judged.problem
  const entry = { operator: ports.operator(), source: plan.source, subject: plan.plan }
  const { approver = null, validUntil = null } = approval?.statement ?? {}
  const about = { approver, validUntil, digest: plan.digest, items: plan.items }
  if (judged === null || problem !== null) {
    await ports.journal.append({ ...entry, action: 'approval-refused', detail: { ...about, problem } })
    throw invalid(problem ?? 'unreadable')
  }
  const detail = { ...about, approval: judged.id }
  await ports.approvals.keep(plan.plan, text, { ...entry, action: 'approval-given', detail })
  return judged
}

function invalid(problem: ApprovalProblem): RedriveError {
  return new RedriveError('approval-invalid', 'never', { reason: say(`approval.${problem}`) })
}
