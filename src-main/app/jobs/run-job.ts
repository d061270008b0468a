import type { JobItem } from '../../domain/job.ts'
import type { OutgoingMessage } from '../../domain/outcome.ts'
import type { Publisher } from '../../ports/broker.ts'
import { claimRows, claimingStep, plannedItems, release } from './claim.ts'
import type { ClaimedItem, HeldItem, Interruption, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import { createPace } from './pace.ts'
import { record } from './recording.ts'
import type { Step } from './recording.ts'
import { Settler } from './settler.ts'

/** Batches that are claimed while one is being published: a claim takes as long as publishing one, or longer. */
const CLAIMS_AHEAD_MAX = 2

export type RunEnd =
  | { readonly end: 'done' }
  | { readonly end: 'stopped' }
  | { readonly end: 'interrupted'; readonly interruption: Interruption }

/**
 * Carries a job out until its items have ended, `stop` is aborted, or source or broker fail.
 *
 * Three things overlap: the next batch is claimed while this one is published, and the answers of the one before are
 * settled. Whatever has begun is seen through; claims that were not used are given back. Throws only where the local
 * store fails: then nothing more can be promised, and the next start finds what was written down.
 */
export async function runJob(run: JobRun, stop: AbortSignal): Promise<RunEnd> {
  let publisher: Publisher
  try {
    publisher = await run.broker.openPublisher(stop)
  } catch (error) {
    return stop.aborted ? { end: 'stopped' } : { end: 'interrupted', interruption: interruptionOf(error) }
  }
  const settler = new Settler(run)
  let failure: Interruption | null
  try {
    failure = await publishAll(run, publisher, settler, stop)
  } finally {
    await publisher.close()
    await settler.finish()
  }
  const interruption = settler.interruption ?? failure
  if (interruption) return { end: 'interrupted', interruption }
  return stop.aborted ? { end: 'stopped' } : { end: 'done' }
}

/** Claims and publishes batch after batch; answers with what made it stop early, or null. */
async function publishAll(
  run: JobRun,
  publisher: Publisher,
  settler: Settler,
  stop: AbortSignal,
): Promise<Interruption | null> {
  const pace = createPace(run.job.rate, run.ports.clock)
  const mustStop = (): boolean => stop.aborted || settler.interruption !== null
  const ahead: Promise<Claim>[] = []
  let lastSeq = 0
  /** Starts one more claim; its note and the intents of `claimed` are written down together. */
  const advance = async (claimed: readonly ClaimedItem[]): Promise<void> => {
    const items = await plannedItems(run, lastSeq)
    lastSeq = items.at(-1)?.seq ?? lastSeq
    await record(run, [claimingStep(items), publishingStep(claimed)])
    if (items.length > 0) ahead.push(startClaim(run, items))
  }
  for (let count = 0; count < CLAIMS_AHEAD_MAX; count += 1) await advance([])
  for (;;) {
    const next = await ahead.shift()
    if (!next) return null
    if ('failure' in next || mustStop()) return giveBackAll(run, [Promise.resolve(next), ...ahead])
    await advance(next.claimed)
    const unsent = await publishBatch(publisher, settler, { run, claimed: next.claimed, pace, stop })
    if (unsent.length > 0 || mustStop()) {
      const failure = await giveBack(run, unsent, 'publishing')
      return (await giveBackAll(run, ahead)) ?? failure
    }
  }
}

/** Answers with what kept claims from being given back, or null: a job that still holds rows is not over. */
async function giveBackAll(run: JobRun, claims: readonly Promise<Claim>[]): Promise<Interruption | null> {
  let failure: Interruption | null = null
  for (const claim of await Promise.all(claims)) {
    // Rows of a claim that failed are given back when the job goes on: nobody knows which it got.
    const problem = 'failure' in claim ? claim.failure : await giveBack(run, claim.claimed, 'claiming')
    failure ??= problem
  }
  return failure
}

type Claim = { readonly claimed: readonly ClaimedItem[] } | { readonly failure: Interruption }

/** Claims ahead; a failure is a value, so that a claim nobody waits for yet cannot go unhandled. */
function startClaim(run: JobRun, items: readonly JobItem[]): Promise<Claim> {
  return claimRows(run, items).then(
    (claimed) => ({ claimed }),
    (error: unknown) => ({ failure: interruptionOf(error) }),
  )
}

function publishingStep(claimed: readonly ClaimedItem[]): Step {
  return {
    moves: claimed.map(({ seq }) => ({ seq, from: 'claiming', to: 'publishing' })),
    action: 'job-publishing',
    detail: { ids: claimed.map(({ id }) => id) },
  }
}

/** Gives claims back; where the source does not answer they stay written down, and are given back at the next start. */
async function giveBack(
  run: JobRun,
  items: readonly HeldItem[],
  from: 'claiming' | 'publishing',
): Promise<Interruption | null> {
  try {
    await release(run, items, from)
    return null
  } catch (error) {
    const failure = interruptionOf(error)
    run.ports.log.warn({ job: run.job.job, ...failure }, 'release-failed')
    return failure
  }
}

/** Publishes in order; the intents are on disk. Answers with the items that were not handed to the broker. */
async function publishBatch(
  publisher: Publisher,
  settler: Settler,
  batch: {
    readonly run: JobRun
    readonly claimed: readonly ClaimedItem[]
    readonly pace: (signal: AbortSignal) => Promise<void>
    readonly stop: AbortSignal
  },
): Promise<readonly ClaimedItem[]> {
  const { run, claimed, pace, stop } = batch
  for (const [index, item] of claimed.entries()) {
    await pace(stop)
    await settler.room()
    if (stop.aborted || settler.interruption) return claimed.slice(index)
    settler.add(item, publisher.publish(outgoing(run, item), run.effects))
  }
  return []
}

function outgoing(run: JobRun, { message }: ClaimedItem): OutgoingMessage {
  return {
    messageId: message.messageId,
    type: message.type,
    destination: message.destination,
    payload: message.content.payload,
    headers: message.content.headers,
    redriveHeaders: { 'x-redrive-job': run.job.job, 'x-redrive-attempt': message.attempts },
  }
}
