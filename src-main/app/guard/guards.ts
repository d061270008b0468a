import type { Ceiling } from '../../domain/deed.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { Plan } from '../../domain/plan.ts'
import type { ApprovalPolicy } from '../../domain/policy.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { judgedApprovals, takeApproval, validApproval } from './approvals.ts'
import type { Judged } from './approvals.ts'
import { begunBefore, begunLately, ceilingsOf } from './lately.ts'
import { hourlyOf, requireHours, requireRoom, requireSize } from './limits.ts'
import type { Rule } from './limits.ts'

/** How many messages, and how many may go without a second person. */
export interface Need {
  readonly environment: Environment
  readonly policy: ApprovalPolicy
  /** Why a second person is needed; null: nobody is. */
  readonly why: Text | null
}

/** A plan that needs a second person, and what was handed in. */
export interface PlanStanding extends Need {
  readonly given: readonly Judged[]
}

/** The rules of the workspace for an environment, and whether an act keeps to them. */
export class Guards {
  readonly #ports: EnginePorts
  readonly #connections: Connections

  constructor(ports: EnginePorts, connections: Connections) {
    this.#ports = ports
    this.#connections = connections
  }

  /** Null: the workspace has none. Read anew each time: a policy counts from when it is written. */
  async rule(place: string): Promise<Rule | null> {
    const environment = await this.#connections.environment(place)
    const { policies = {} } = await this.#connections.workspace()
    const policy = policies[environment]
    return policy === undefined ? null : { environment, policy }
  }

  /** Null: one person may do anything there. */
  async approvalPolicy(
    place: string,
  ): Promise<{ readonly environment: Environment; readonly policy: ApprovalPolicy } | null> {
    const rule = await this.rule(place)
    const policy = rule?.policy.approval
    return rule === null || policy === undefined ? null : { environment: rule.environment, policy }
  }

  /** Whether a second person is needed for a plan that nobody has begun, or for a job of it. Null: no policy. */
  async need(plan: Pick<Plan, 'source' | 'items'>, job: Job | null): Promise<Need | null> {
    const rule = await this.approvalPolicy(plan.source)
    if (rule === null) return null
    return { ...rule, why: await this.#why(rule, plan.items, job) }
  }

  async standing(plan: Plan, job: Job | null): Promise<PlanStanding | null> {
    const need = await this.need(plan, job)
    if (need === null) return null
    return { ...need, given: await judgedApprovals(this.#ports, this.#case(plan, need.policy, job)) }
  }

  /**
   * Before a plan is carried out. Answers with the name of the approval that it goes by; null: it needs none. Throws
   * `approval-required`, `hours-forbidden`, `limit-reached`.
   */
  async requirePlan(plan: Plan, job: Job | null): Promise<string | null> {
    // One message at least: what does not fit into this hour waits for the next, batch by batch.
    const goesAtOnce = plan.deadLetters?.action === 'discard'
    await this.#requireLimits(plan.source, plan.items, goesAtOnce ? plan.items : 1)
    const need = await this.need(plan, job)
    if (need === null || need.why === null) return null
    const valid = await validApproval(this.#ports, this.#case(plan, need.policy, job))
    if (valid !== null) return valid.id
    const { journal } = this.#ports
    const operator = this.#ports.operator()
    const detail = { problem: 'none', digest: plan.digest, items: plan.items, environment: need.environment }
    const subject = job?.job ?? plan.plan
    await journal.append({ action: 'approval-refused', operator, source: plan.source, subject, detail })
    throw new RedriveError('approval-required', 'never', { plan: plan.plan, reason: need.why })
  }

  /**
   * Before an act that has no plan, and so nothing that a second person could sign. What it answers goes with the entry that
   * the act is about to happen: the store holds the same limits there. Throws `approval-impossible`.
   */
  async requireAct(source: string, messages: number): Promise<readonly Ceiling[]> {
    await this.#requireLimits(source, messages, messages)
    const need = await this.need({ source, items: messages }, null)
    if (need !== null && need.why !== null) throw impossible(need.why)
    return this.ceilings(source, messages)
  }

  /** Throws `approval-invalid`. */
  async take(plan: Plan, text: string): Promise<void> {
    const rule = await this.approvalPolicy(plan.source)
    if (rule !== null) await takeApproval(this.#ports, text, { plan, policy: rule.policy })
  }

  /** For what goes by a plan at once: the hour's room, whoever approved it. */
  async hourly(place: string): Promise<readonly Ceiling[]> {
    const rule = await this.rule(place)
    const looking = { ports: this.#ports, connections: this.#connections }
    return rule === null ? [] : ceilingsOf(looking, rule.environment, hourlyOf(rule))
  }

  /** For what nobody else approved: the hour's room, and how much one person may do alone. */
  async ceilings(source: string, count: number): Promise<readonly Ceiling[]> {
    const rule = await this.rule(source)
    if (rule === null) return []
    const above = rule.policy.approval?.above
    const refusal = (): RedriveError =>
      impossible(say('guard.lately', { count, above: above ?? 0, lately: above ?? 0 }))
    const unapproved = above === undefined ? [] : [{ of: 'alone' as const, limit: above, refusal }]
    const looking = { ports: this.#ports, connections: this.#connections }
    return ceilingsOf(looking, rule.environment, [...hourlyOf(rule), ...unapproved])
  }

  /** Throws `hours-forbidden`, `limit-reached`. */
  async #requireLimits(place: string, size: number, now: number): Promise<void> {
    const rule = await this.rule(place)
    if (rule === null) return
    requireHours(this.#ports, rule)
    requireSize(rule, size)
    await requireRoom({ ports: this.#ports, connections: this.#connections }, rule, now)
  }

  async #why(
    {
      environment,
      policy: { above },
    }: { readonly environment: Environment; readonly policy: ApprovalPolicy },
    count: number,
    job: Job | null,
  ): Promise<Text | null> {
    if (count > above) return say('guard.above', { count, above })
    const looking = { ports: this.#ports, connections: this.#connections }
    try {
      return await this.#whyByJournal(looking, { environment, above, count, job })
    } catch (error) {
      if (error instanceof RedriveError && error.code === 'journal-broken') return say('guard.broken')
      throw error
    }
  }

  /** Few enough by itself: what else was done within the hour? */
  async #whyByJournal(
    looking: { readonly ports: EnginePorts; readonly connections: Connections },
    {
      environment,
      above,
      count,
      job,
    }: {
      readonly environment: Environment
      readonly above: number
      readonly count: number
      readonly job: Job | null
    },
  ): Promise<Text | null> {
    if (job === null) return tooMany({ count, above, lately: await begunLately(looking, environment) })
    const found = await begunBefore(looking, environment, job)
    if (found === null) return say('guard.lost')
    // It does not count for later ones because a second person had said yes: so they must have, still.
    if (found.own.approved) return say('guard.above', { count, above })
    return tooMany({ count, above, lately: found.others })
  }

  #case(plan: Plan, policy: ApprovalPolicy, job: Job | null) {
    return { plan, policy, others: job === null ? [] : [job.operator] }
  }
}

function impossible(reason: Text): RedriveError {
  return new RedriveError('approval-impossible', 'never', { reason })
}

function tooMany(values: {
  readonly count: number
  readonly above: number
  readonly lately: number
}): Text | null {
  return values.count + values.lately > values.above ? say('guard.lately', values) : null
}
