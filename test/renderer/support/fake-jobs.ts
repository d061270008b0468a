import type { Job, JobItem, Tally } from '../../../src-preload/contract/jobs.ts'
import { changed, iso, note, refuse, sourceOf, type FakeJob, type World } from './fake-world.ts'
import { planOf } from './fake-plans.ts'

interface RunInput {
  readonly plan: string
  readonly digest: string
  readonly typedCount: number | null
  readonly rate: number | null
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
      plan: plan.plan,
      digest: plan.digest,
      source: plan.source,
      environment: connection.environment,
      broker: plan.broker,
      state: 'running',
      operator: world.operator,
      rate: input.rate,
      createdAt: iso(world.now()),
      endedAt: null,
      interruption: null,
      items: plan.items.length,
      ended: 0,
      tally: { confirmed: 0, returned: 0, refused: 0, unknown: 0, skipped: 0, unsettled: 0, unmarked: 0 },
    },
    items: plan.items.map((item) => ({
      ...item,
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
    const batch = fake.items.filter(({ itemState }) => itemState !== 'done').slice(0, world.switches.jobBatch)
    for (const item of batch) finish(world, fake, item)
    const left = fake.items.some(({ itemState }) => itemState !== 'done')
    count(fake)
    if (!left) {
      fake.job = { ...fake.job, state: 'done', endedAt: iso(world.now()) }
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
  } as const
  Object.assign(item, {
    itemState: 'done',
    result,
    code: code[result],
    reason: result === 'returned' ? '312 NO_ROUTE' : null,
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

function count(fake: FakeJob): void {
  const of = (result: JobItem['result']): number => fake.items.filter((item) => item.result === result).length
  const tally: Tally = {
    confirmed: of('confirmed'),
    returned: of('returned'),
    refused: of('refused'),
    unknown: of('unknown'),
    skipped: of('skipped'),
    unsettled: fake.items.filter((item) => item.result === 'unknown' && item.settledAs === null).length,
    unmarked: fake.items.filter((item) => item.marked === false).length,
  }
  fake.job = { ...fake.job, tally, ended: fake.items.filter(({ itemState }) => itemState === 'done').length }
}

export function cancelJob(world: World, id: string): Job {
  const fake = jobOf(world, id)
  if (fake.job.state !== 'running' && fake.job.state !== 'interrupted')
    refuse('job-state-forbids', { job: id, state: fake.job.state })
  fake.job = { ...fake.job, state: 'cancelled', endedAt: iso(world.now()) }
  note(world, { action: 'job-ended', source: fake.job.source, subject: id })
  changed(world)
  return fake.job
}

export function interruptJob(world: World, id: string): void {
  const fake = jobOf(world, id)
  fake.job = {
    ...fake.job,
    state: 'interrupted',
    interruption: { code: 'broker-blocked', reason: 'low on memory' },
  }
  changed(world)
}

export function continueJob(world: World, id: string): Job {
  const fake = jobOf(world, id)
  if (fake.job.state !== 'interrupted') refuse('job-state-forbids', { job: id, state: fake.job.state })
  fake.job = { ...fake.job, state: 'running', interruption: null }
  note(world, { action: 'job-continued', source: fake.job.source, subject: id })
  changed(world)
  void work(world, fake)
  return fake.job
}

interface SettleInput {
  readonly job: string
  readonly seqs: readonly number[] | null
  readonly as: 'sent' | 'not-sent'
  readonly reason: string
}

export function settleJob(world: World, input: SettleInput): { settled: number; unmarked: number; job: Job } {
  const fake = jobOf(world, input.job)
  const named = fake.items.filter(
    (item) =>
      item.result === 'unknown' && item.settledAs === null && (input.seqs?.includes(item.seq) ?? true),
  )
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
