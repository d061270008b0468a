import type { Ceiling } from '../../domain/deed.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { Plan } from '../../domain/plan.ts'
import { say } from '../../domain/text.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { ClaimedItem, Interruption } from '../jobs/job-run.ts'
import { interruptionOf } from '../jobs/job-run.ts'
import { Guards } from './guards.ts'
import { ceilingsOf, sweptLately } from './lately.ts'
import { hourlyOf, requireHours, requireRoom, requireSize, roomOf } from './limits.ts'
import type { Rule } from './limits.ts'
import { readManifest } from './manifest.ts'

/** Stands between what a job has claimed and what it sends: the one place that no host and no store goes round. */
export interface JobGuard {
  /** How many of `wanted` may be claimed now, or why none. */
  admit(wanted: number): Promise<number | Interruption>
  /** Why these must not go out; null: they may. Asked for each batch, right before its intents are written down. */
  cover(items: readonly ClaimedItem[]): Promise<Interruption | null>
  /** Name of the approval that they go by, for the journal; null: none is needed. */
  readonly approval: string | null
  /** What holds where the intents that were covered last are written down. */
  readonly within: () => readonly Ceiling[]
}

const open: JobGuard = {
  admit: (wanted) => Promise.resolve(wanted),
  cover: () => Promise.resolve(null),
  approval: null,
  within: () => [],
}

interface Looking {
  readonly ports: EnginePorts
  readonly connections: Connections
}

/**
 * Throws where the job must not go on at all: `approval-required`, `limit-reached`, `hours-forbidden`,
 * `plan-digest-mismatch`, `journal-broken`.
 */
export async function openJobGuard(looking: Looking, job: Job): Promise<JobGuard> {
  const guards = new Guards(looking.ports, looking.connections)
  if ((await guards.rule(job.source)) === null) return open
  return job.kind === 'sweep' ? sweepGuard(looking, guards, job) : planGuard(looking, guards, job)
}

async function planGuard(looking: Looking, guards: Guards, job: Job): Promise<JobGuard> {
  const { ports } = looking
  const plan = await planOf(ports, job)
  const manifest = await readManifest(ports.jobStore, plan)
  const approval = await guards.requirePlan(plan, job)
  if (approval !== null) await noteUse(ports, job, plan, approval)
  let within: readonly Ceiling[] = []
  return {
    approval,
    within: () => within,
    admit: (wanted) =>
      answered(async () => {
        const rule = await guards.rule(job.source)
        if (rule === null) return wanted
        requireHours(ports, rule)
        await requireRoom(looking, rule, 1)
        return Math.min(wanted, await roomOf(looking, rule))
      }),
    cover: (items) =>
      answered(async () => {
        const strange = items.find((item) => !manifest.has({ ...item, ...planned(item) }))
        if (strange !== undefined)
          throw new RedriveError('plan-digest-mismatch', 'never', { plan: plan.plan })
        // What was good when the job began may be over by now, or taken out of the workspace.
        await guards.requirePlan(plan, job)
        const rule = await guards.rule(job.source)
        if (rule !== null) await requireRoom(looking, rule, items.length)
        within = rule === null ? [] : await ceilingsOf(looking, rule.environment, hourlyOf(rule))
        return null
      }),
  }
}

/** What of the plan a claimed item stands for: the content that it was found to have, and the text in its place. */
function planned({ payloadDigest, parentDigest, content }: ClaimedItem) {
  return { payloadDigest, payload: parentDigest === null ? null : content.payload }
}

/** The job's own plan, of the job's own source: another one would be another environment. */
async function planOf(ports: EnginePorts, { plan: id, source, digest }: Job): Promise<Plan> {
  const plan = await ports.jobStore.plan(id)
  if (plan === null || plan.source !== source || plan.digest !== digest) {
    throw new RedriveError('plan-digest-mismatch', 'never', { plan: id })
  }
  return plan
}

/** Once for each job and approval, however often the job goes on. */
async function noteUse(ports: EnginePorts, job: Job, plan: Plan, approval: string): Promise<void> {
  const query = { subject: job.job, actions: ['approval-used' as const], order: 'newest' as const }
  const [last] = await ports.journal.list({ ...query, cursor: null, limit: 1 })
  const known = (last?.detail ?? {}) as { readonly approval?: string }
  if (known.approval === approval) return
  const detail = { approval, plan: plan.plan, digest: plan.digest, items: plan.items }
  const operator = ports.operator()
  await ports.journal.append({
    action: 'approval-used',
    operator,
    source: job.source,
    subject: job.job,
    detail,
  })
}

/** Nobody can sign what is not found yet: sweeps have a measure of their own, for all of the environment together. */
function sweepGuard(looking: Looking, guards: Guards, job: Job): JobGuard {
  let sent = 0
  let within: readonly Ceiling[] = []
  /** Throws where nothing may go now. */
  const room = async (wanted: number): Promise<number> => {
    const rule = await guards.rule(job.source)
    if (rule === null) return wanted
    const { environment, policy } = rule
    requireHours(looking.ports, rule)
    requireSize(rule, sent + 1)
    await requireRoom(looking, rule, 1)
    const ofRun = (policy.limits?.perAction ?? Number.MAX_SAFE_INTEGER) - sent
    const limit = policy.approval && (policy.approval.sweepsPerHour ?? policy.approval.above)
    const ofSweeps = limit === undefined ? wanted : limit - (await sweptLately(looking, environment))
    if (ofSweeps > 0) return Math.min(wanted, ofRun, ofSweeps, await roomOf(looking, rule))
    throw full(limit ?? 0)
  }
  return {
    approval: null,
    within: () => within,
    admit: (wanted) => answered(() => room(wanted)),
    // Batches are claimed ahead: what the one before has used is known only now.
    cover: (items) =>
      answered(async () => {
        const left = items.length === 0 ? 0 : await room(items.length)
        if (left < items.length) throw full(sent + left)
        within = await sweepCeilings(looking, await guards.rule(job.source))
        sent += items.length
        return null
      }),
  }
}

async function sweepCeilings(looking: Looking, rule: Rule | null): Promise<readonly Ceiling[]> {
  if (rule === null) return []
  const { approval } = rule.policy
  const limit = approval && (approval.sweepsPerHour ?? approval.above)
  const ofSweeps =
    limit === undefined ? [] : [{ of: 'swept' as const, limit, refusal: (): RedriveError => full(limit) }]
  return ceilingsOf(looking, rule.environment, [...hourlyOf(rule), ...ofSweeps])
}

function full(limit: number): RedriveError {
  return new RedriveError('limit-reached', 'later', { reason: say('guard.sweeps', { limit }) })
}

async function answered<T>(work: () => Promise<T>): Promise<T | Interruption> {
  try {
    return await work()
  } catch (error) {
    return interruptionOf(error)
  }
}
