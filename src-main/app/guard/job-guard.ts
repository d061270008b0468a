import { RedriveError } from '../../domain/errors.ts'
import type { Job } from '../../domain/job.ts'
import type { Plan } from '../../domain/plan.ts'
import { say } from '../../domain/text.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { ClaimedItem, Interruption } from '../jobs/job-run.ts'
import { interruptionOf } from '../jobs/job-run.ts'
import { Guards } from './guards.ts'
import { sweptLately } from './lately.ts'
import { readManifest } from './manifest.ts'

/** Stands between what a job has claimed and what it sends: the one place that no host and no store goes round. */
export interface JobGuard {
  /** How many of `wanted` may be claimed now, or why none. */
  admit(wanted: number): Promise<number | Interruption>
  /** Why these must not go out; null: they may. Asked for each batch, right before its intents are written down. */
  cover(items: readonly ClaimedItem[]): Promise<Interruption | null>
  /** Name of the approval that they go by, for the journal; null: none is needed. */
  readonly approval: string | null
}

const open: JobGuard = {
  admit: (wanted) => Promise.resolve(wanted),
  cover: () => Promise.resolve(null),
  approval: null,
}

/** Throws where the job must not go on at all: `approval-required`, `plan-digest-mismatch`, `journal-broken`. */
export async function openJobGuard(
  { ports, connections }: { readonly ports: EnginePorts; readonly connections: Connections },
  job: Job,
): Promise<JobGuard> {
  const guards = new Guards(ports, connections)
  if ((await guards.approvalPolicy(job.source)) === null) return open
  return job.kind === 'sweep'
    ? sweepGuard({ ports, connections }, guards, job)
    : planGuard(ports, guards, job)
}

async function planGuard(ports: EnginePorts, guards: Guards, job: Job): Promise<JobGuard> {
  const plan = await planOf(ports, job)
  const manifest = await readManifest(ports.jobStore, plan)
  const approval = await guards.requirePlan(plan, job)
  if (approval !== null) await noteUse(ports, job, plan, approval)
  return {
    approval,
    admit: (wanted) => Promise.resolve(wanted),
    async cover(items) {
      const strange = items.find((item) => !manifest.has({ ...item, ...planned(item) }))
      if (strange !== undefined) {
        return interruptionOf(new RedriveError('plan-digest-mismatch', 'never', { plan: plan.plan }))
      }
      // What was good when the job began may be over by now, or taken out of the workspace.
      return refusalOf(() => guards.requirePlan(plan, job))
    },
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
  const { operator } = ports
  await ports.journal.append({
    action: 'approval-used',
    operator,
    source: job.source,
    subject: job.job,
    detail,
  })
}

/** Nobody can sign what is not found yet: sweeps have a measure of their own, for all of the environment together. */
function sweepGuard(
  looking: { readonly ports: EnginePorts; readonly connections: Connections },
  guards: Guards,
  job: Job,
): JobGuard {
  const room = async (): Promise<number> => {
    const rule = await guards.approvalPolicy(job.source)
    if (rule === null) return Number.MAX_SAFE_INTEGER
    const { environment, policy } = rule
    return (policy.sweepsPerHour ?? policy.above) - (await sweptLately(looking, environment))
  }
  const full = async (): Promise<Interruption> => {
    const { policy } = (await guards.approvalPolicy(job.source)) ?? {}
    const limit = policy?.sweepsPerHour ?? policy?.above ?? 0
    return interruptionOf(
      new RedriveError('limit-reached', 'later', { reason: say('guard.sweeps', { limit }) }),
    )
  }
  return {
    approval: null,
    async admit(wanted) {
      const left = Math.min(wanted, await room())
      return left <= 0 ? full() : left
    },
    // Batches are claimed ahead: what the one before has used is known only now.
    cover: async (items) => ((await room()) < items.length ? full() : null),
  }
}

async function refusalOf(work: () => Promise<unknown>): Promise<Interruption | null> {
  try {
    await work()
    return null
  } catch (error) {
    return interruptionOf(error)
  }
}
