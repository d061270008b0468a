import type {
  Brake,
  BrakePull,
  Job,
  JobItem,
  Progress,
  Tally,
  UnknownOutcome,
  UnsettledJob,
} from '../../../src-preload/contract/jobs.ts'
import { without } from '../../../src-renderer/ui/without.ts'
import { changed, iso, note, refuse, sourceOf, type FakeJob, type World } from './fake-world.ts'
import { planOf } from './fake-plans.ts'

interface RunInput {
  readonly plan: string
  readonly digest: string
  readonly typedCount: number | null
  readonly rate: number | null
  readonly ramp?: boolean
  readonly brake?: Brake | null
}

/** Before anything was measured. */
const RUNNING: Progress = { ratePerSec: null, remainingSec: null, rampStep: null, waiting: null }

const NO_OUTCOMES: Tally = {
  confirmed: 0,
  returned: 0,
  refused: 0,
  unknown: 0,
  skipped: 0,
  parked: 0,
  unsettled: 0,
  unmarked: 0,
}

export function runPlan(world: World, input: RunInput): Job {
  const plan = planOf(world, input.plan)
  const { connection } = sourceOf(world, plan.source)
  if (input.digest !== plan.digest) refuse('plan-digest-mismatch')
  if (connection.unlockedUntil === null) refuse('source-locked', { source: plan.source })
  if (connection.environment === 'production' && input.typedCount !== plan.items.length)
    refuse('count-not-typed', { count: plan.items.length })
  const ran = [...world.jobs.values()].find(({ job }) => job.plan === input.plan)
  if (ran !== undefined) refuse('plan-already-run', { job: ran.job.job })
  const id = `job-${world.jobs.size + 1}`
  const fake: FakeJob = {
    job: {
      job: id,
      kind: 'resend',
      plan: plan.plan,
      digest: plan.digest,
      source: plan.source,
      environment: connection.environment,
      broker: plan.broker,
      state: 'running',
      operator: world.operator,
      options: { rate: input.rate, ramp: input.ramp ?? false, brake: input.brake ?? null },
      createdAt: iso(world.now()),
      endedAt: null,
      interruption: null,
      progress: RUNNING,
      items: plan.items.length,
      ended: 0,
      tally: NO_OUTCOMES,
    },
    items: plan.items.map((item) => ({
      ...without(item, 'payload'),
      itemState: 'planned',
      result: null,
      code: null,
      reason: null,
      marked: null,
      settledAs: null,
      updatedAt: iso(world.now()),
    })),
  }
  world.jobs.set(id, fake)
  note(world, {
    action: 'job-started',
    source: plan.source,
    subject: id,
    detail: { items: plan.items.length },
  })
  changed(world)
  void work(world, fake)
  return fake.job
}

export function jobOf(world: World, id: string): FakeJob {
  return world.jobs.get(id) ?? refuse('job-not-found', { job: id })
}

/** Carries the items out in small batches, so that a page sees it move. */
async function work(world: World, fake: FakeJob): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, world.switches.jobBatchMs))
    if (fake.job.state !== 'running') return
    if ((fake.job.progress?.waiting ?? null) !== null) continue
    if (fake.job.ended >= (world.switches.holdAt ?? Infinity)) continue
    const batch = fake.items.filter(({ itemState }) => itemState !== 'done').slice(0, world.switches.jobBatch)
    for (const item of batch) finish(world, fake, item)
    const left = fake.items.some(({ itemState }) => itemState !== 'done')
    count(fake)
    measure(world, fake)
    if (!left) {
      fake.job = { ...fake.job, state: 'done', endedAt: iso(world.now()), progress: null }
      note(world, { action: 'job-ended', source: fake.job.source, subject: fake.job.job })
    }
    changed(world)
    if (!left) return
  }
}

function finish(world: World, fake: FakeJob, item: JobItem): void {
  const result = world.switches.outcome(item)
  const code = {
    confirmed: null,
    returned: 'unroutable',
    refused: 'broker-refused',
    unknown: 'confirm-timeout',
    parked: null,
  } as const
  const reason = { returned: '312 NO_ROUTE', parked: `parked behind ${item.seq - 1}` }
  Object.assign(item, {
    itemState: 'done',
    result,
    code: code[result],
    reason: result === 'returned' || result === 'parked' ? reason[result] : null,
    // Nobody marks the row of an unknown outcome before a person has decided.
    marked: result === 'unknown' ? null : true,
    updatedAt: iso(world.now()),
  } satisfies Partial<JobItem>)
  const message = sourceOf(world, fake.job.source).messages.find(({ id }) => id === item.id)
  if (message === undefined) return
  message.deeds.push({
    at: iso(world.now()),
    kind: 'resend',
    subject: fake.job.job,
    operator: world.operator,
    result,
    code: code[result],
    reason: item.reason,
  })
  if (result === 'confirmed') Object.assign(message, { state: 'sent', version: `${message.version}+` })
  if (result === 'unknown') message.heldBy = fake.job.job
}

/** As fast as the batches are; the real engine looks at the last seconds. */
function measure(world: World, fake: FakeJob): void {
  const ratePerSec = (world.switches.jobBatch * 1_000) / world.switches.jobBatchMs
  const left = fake.job.items - fake.job.ended
  const rampStep = fake.job.options.ramp ? world.switches.jobBatch : null
  fake.job = {
    ...fake.job,
    progress: {
      ...{ ratePerSec, remainingSec: left / ratePerSec, rampStep, waiting: null },
      ...(world.switches.slower === null ? {} : { slower: world.switches.slower }),
    },
  }
}

function count(fake: FakeJob): void {
  const of = (result: JobItem['result']): number => fake.items.filter((item) => item.result === result).length
  const tally: Tally = {
    confirmed: of('confirmed'),
    returned: of('returned'),
    refused: of('refused'),
    unknown: of('unknown'),
    skipped: of('skipped'),
    parked: of('parked'),
    unsettled: fake.items.filter((item) => item.result === 'unknown' && item.settledAs === null).length,
    unmarked: fake.items.filter((item) => item.marked === false).length,
  }
  fake.job = { ...fake.job, tally, ended: fake.items.filter(({ itemState }) => itemState === 'done').length }
}

export function cancelJob(world: World, id: string): Job {
  const fake = jobOf(world, id)
  if (fake.job.state === 'done' || fake.job.state === 'cancelled')
    refuse('job-state-forbids', { job: id, state: fake.job.state })
  fake.job = { ...fake.job, state: 'cancelled', endedAt: iso(world.now()), progress: null }
  note(world, { action: 'job-ended', source: fake.job.source, subject: id })
  changed(world)
  return fake.job
}

export function pauseJob(world: World, id: string): Job {
  const fake = jobOf(world, id)
  if (fake.job.state !== 'running') refuse('job-state-forbids', { job: id, state: fake.job.state })
  fake.job = { ...fake.job, state: 'paused', progress: null }
  changed(world)
  return fake.job
}

/** The engine's own brake: too many came back. */
export function pullBrake(world: World, id: string, pulled: BrakePull): void {
  const fake = jobOf(world, id)
  const interruption = { code: 'brake-pulled' as const, reason: 'a limit was reached', pulled }
  fake.job = { ...fake.job, state: 'paused', progress: null, interruption }
  changed(world)
}

/** The broker (or the source) is away: the job stands still and goes on by itself. Null: it is back. */
export function waitFor(world: World, id: string, waiting: Progress['waiting']): void {
  const fake = jobOf(world, id)
  fake.job = { ...fake.job, progress: { ...(fake.job.progress ?? RUNNING), waiting } }
  changed(world)
}

export function interruptJob(world: World, id: string): void {
  const fake = jobOf(world, id)
  fake.job = {
    ...fake.job,
    state: 'interrupted',
    progress: null,
    interruption: { code: 'broker-blocked', reason: 'low on memory', pulled: null },
  }
  changed(world)
}

export function continueJob(world: World, id: string): Job {
  const fake = jobOf(world, id)
  if (fake.job.state !== 'interrupted' && fake.job.state !== 'paused')
    refuse('job-state-forbids', { job: id, state: fake.job.state })
  fake.job = { ...fake.job, state: 'running', interruption: null, progress: RUNNING }
  note(world, { action: 'job-continued', source: fake.job.source, subject: id })
  changed(world)
  void work(world, fake)
  return fake.job
}

const undecided = (item: JobItem): boolean => item.result === 'unknown' && item.settledAs === null

interface UnknownPage {
  readonly items: UnknownOutcome[]
  readonly nextCursor: string | null
  readonly count: number
  readonly jobs: UnsettledJob[]
}

export function unknownOutcomes(
  world: World,
  { source, cursor, limit }: { source: string | null; cursor: string | null; limit: number },
): UnknownPage {
  const fakes = [...world.jobs.values()].filter(({ job }) => source === null || job.source === source)
  const all = fakes.flatMap(({ job, items }) =>
    items.filter(undecided).map((item): UnknownOutcome => ({
      ...item,
      job: job.job,
      kind: job.kind,
      source: job.source,
      environment: job.environment,
      evidence: world.switches.evidence(item),
    })),
  )
  const from = Number(cursor ?? 0)
  return {
    items: all.slice(from, from + limit),
    nextCursor: from + limit < all.length ? String(from + limit) : null,
    count: all.length,
    jobs: fakes.flatMap(({ job: { job, kind, source: of, environment, state, tally } }) =>
      tally.unsettled === 0
        ? []
        : [{ job, kind, source: of, environment, state, unsettled: tally.unsettled }],
    ),
  }
}

interface SettleInput {
  readonly job: string
  readonly seqs: readonly number[] | null
  readonly as: 'sent' | 'not-sent'
  readonly reason: string
}

export function settleJob(world: World, input: SettleInput): { settled: number; unmarked: number; job: Job } {
  const fake = jobOf(world, input.job)
  const named = fake.items.filter((item) => undecided(item) && (input.seqs?.includes(item.seq) ?? true))
  for (const item of named) {
    item.settledAs = input.as
    const message = sourceOf(world, fake.job.source).messages.find(({ id }) => id === item.id)
    if (message === undefined) continue
    message.heldBy = null
    if (input.as === 'sent') message.state = 'sent'
  }
  count(fake)
  note(world, {
    action: 'job-settled',
    source: fake.job.source,
    subject: input.job,
    detail: { reason: input.reason },
  })
  changed(world)
  return { settled: named.length, unmarked: 0, job: fake.job }
}

/** What is proved to be consumed is sent; the rest is left as it is. */
export function settleByEvidence(
  world: World,
  { job, seqs }: Pick<SettleInput, 'job' | 'seqs'>,
): ReturnType<typeof settleJob> & { left: number } {
  const open = jobOf(world, job).items.filter((item) => undecided(item) && (seqs?.includes(item.seq) ?? true))
  const proved = open.filter((item) => world.switches.evidence(item)?.verdict === 'consumed')
  const decision = { job, seqs: proved.map(({ seq }) => seq), as: 'sent' as const, reason: 'consumed' }
  return { ...settleJob(world, decision), left: open.length - proved.length }
}

/** In this world the queue holds the copies of every second one, and all letters are still where they died. */
export function settleByArrival(
  world: World,
  { job, seqs, untouched }: Pick<SettleInput, 'job' | 'seqs'> & { readonly untouched: boolean },
): ReturnType<typeof settleByEvidence> & { notSent: number } {
  const open = jobOf(world, job).items.filter((item) => undecided(item) && (seqs?.includes(item.seq) ?? true))
  const found = open.filter((_, at) => at % 2 === 0)
  const rest = open.filter((_, at) => at % 2 === 1)
  const decision = { job, seqs: found.map(({ seq }) => seq), as: 'sent' as const, reason: 'found' }
  const sent = settleJob(world, decision)
  if (!untouched) return { ...sent, notSent: 0, left: rest.length }
  const not = { job, seqs: rest.map(({ seq }) => seq), as: 'not-sent' as const, reason: 'not found' }
  const { settled: notSent, job: now } = settleJob(world, not)
  return { settled: sent.settled + notSent, notSent, unmarked: sent.unmarked, left: 0, job: now }
}
