import { isOfStore } from '../../domain/errors.ts'
import type { Tally } from '../../domain/job.ts'
import type { OutgoingMessage } from '../../domain/outcome.ts'
import type { OnOutcome, Publisher } from '../../ports/broker.ts'
import type { JobGuard } from '../guard/job-guard.ts'
import { stoppedBefore } from './answers.ts'
import { createBrake } from './brake.ts'
import type { Brake, Pull } from './brake.ts'
import { createClaimSize } from './claim-size.ts'
import type { ClaimSize } from './claim-size.ts'
import { release, withdrawnStep } from './claim.ts'
import type { Claim, Feed } from './feed.ts'
import type { ClaimedItem, HeldItem, Interruption, JobRun } from './job-run.ts'
import { interruptionOf } from './job-run.ts'
import type { Lanes, Publish } from './lanes.ts'
import { createPace } from './pace.ts'
import { createRamp } from './ramp.ts'
import type { Ramp } from './ramp.ts'
import { record } from './recording.ts'
import type { Step } from './recording.ts'
import { newRedriveHeaders } from './redrive-headers.ts'
import { Settler } from './settler.ts'

/** Batches that are claimed while one is being published, which takes longer; what is claimed is kept in memory. */
const CLAIMS_AHEAD_MAX = 1

export type RunEnd =
  | { readonly end: 'done' }
  | { readonly end: 'stopped' }
  | { readonly end: 'interrupted'; readonly interruption: Interruption }

/** What was answered since a person started or continued the job, before this run: a loss of the broker sets no brake anew. */
export type Before = Pick<Tally, 'returned'>

/** What a run works with while its publisher lives. */
interface Line {
  readonly run: JobRun
  readonly feed: Feed
  readonly guard: JobGuard
  readonly lanes: Lanes
  readonly publisher: Publisher
  readonly settler: Settler
  readonly brake: Brake
  readonly ramp: Ramp
  readonly size: ClaimSize
  readonly pace: ((signal: AbortSignal) => Promise<void>) | null
  readonly redriveHeaders: (item: ClaimedItem) => OutgoingMessage['redriveHeaders']
  readonly stop: AbortSignal
  readonly publish: Publish<ClaimedItem>
}

/**
 * Carries a job out until its feed is empty, `stop` is aborted, the brake is pulled, or source or broker fail.
 *
 * Three things overlap: the next batch is claimed while this one is published, and the answers of the one before are
 * settled. Whatever has begun is seen through; claims that were not used are given back. Throws only where the local
 * store fails: then nothing more can be promised, and the next start finds what was written down.
 */
export async function runJob(
  run: JobRun,
  { feed, guard, lanes, before }: Pick<Line, 'feed' | 'guard' | 'lanes'> & { readonly before: Before },
  stop: AbortSignal,
): Promise<RunEnd> {
  const { ports, job, broker } = run
  let publisher: Publisher
  try {
    publisher = await broker.openPublisher(stop)
  } catch (error) {
    return stop.aborted ? { end: 'stopped' } : { end: 'interrupted', interruption: interruptionOf(error) }
  }
  const { rate, ramp, brake: limits } = job.options
  const brake = createBrake(limits, { broker, clock: ports.clock, before })
  const settler = new Settler(run, brake)
  const pace = rate === null ? null : createPace(rate, ports.clock)
  const size = createClaimSize(ports.batch)
  const line: Line = {
    run,
    feed,
    guard,
    lanes,
    publisher,
    settler,
    brake,
    ramp: createRamp(ramp),
    size,
    pace,
    redriveHeaders: newRedriveHeaders(job.job),
    stop,
    publish: (item, answered) => publishNow(line, item, answered),
  }
  let failure: Interruption | null
  try {
    failure = await publishAll(line)
    // Later messages of a chain still wait for earlier ones, and need the publisher for it.
    await settler.quiet()
  } finally {
    brake.release()
    await publisher.close()
    await settler.finish()
  }
  // A brake that was pulled waits for a person, also where the connection went at the same moment; the last answers may
  // have pulled it on what waited for them.
  const interruption = whyStopped(line) ?? settler.interruption ?? failure
  if (interruption) return { end: 'interrupted', interruption }
  return stop.aborted ? { end: 'stopped' } : { end: 'done' }
}

/** Another console may take this one for gone, and have declared unknown what it was about to publish. */
const cutOff: Interruption = {
  code: 'job-busy',
  reason: 'the shared store was not reached in time, and another console may go on with the job',
  passing: false,
}

function mustStop(line: Line): boolean {
  return line.stop.aborted || line.settler.interruption !== null || whyStopped(line) !== null
}

function whyStopped({ run, brake, lanes }: Line): Interruption | null {
  if (!run.ports.processes.holds()) return cutOff
  const overflow = lanes.overflow()
  const pull = brake.pulled() ?? (overflow === null ? null : { reason: overflow, pulled: null })
  return pull === null ? null : braked(pull)
}

function braked({ reason, pulled }: Pull): Interruption {
  return { code: 'brake-pulled', reason, passing: false, ...(pulled === null ? {} : { pulled }) }
}

/** Answers with what made the run stop early, or null. */
async function publishAll(line: Line): Promise<Interruption | null> {
  const failure = await climb(line)
  line.run.status.rampStep = null
  return failure ?? (mustStop(line) ? whyStopped(line) : await publishBatches(line))
}

/** The first few messages: each step waits for all its answers. */
async function climb(line: Line): Promise<Interruption | null> {
  const { run, guard, ramp, size, settler } = line
  for (let step = ramp.step; step !== null && !mustStop(line); step = ramp.step) {
    run.status.rampStep = step
    const claiming = await claimNext(line, Math.min(step, size.rows), [])
    if (claiming === null) return null
    const claim = await claiming.result
    if ('failure' in claim) return claim.failure
    const refusal = await guard.cover(claim.claimed)
    if (refusal !== null) return (await giveBack(run, claim.claimed)) ?? refusal
    size.note(claim.claimed)
    const late = await unlessFull(record(run, [publishingStep(claim.claimed, guard)]))
    if (late !== null) return (await giveBack(run, claim.claimed)) ?? late
    const before = settler.answers
    const failure = await publishBatch(line, claim)
    await settler.quiet()
    if (failure !== null) return failure
    if (settler.interruption !== null || line.stop.aborted) return null
    const { confirmed, count } = settler.answers
    const pull = ramp.judge({ confirmed: confirmed - before.confirmed, answers: count - before.count })
    if (pull !== null) return braked(pull)
  }
  return null
}

/** As many as the guard lets through. One that it lets none through is a claim that fails. */
async function claimNext({ run, feed, guard }: Line, limit: number, steps: readonly Step[]) {
  const room = await guard.admit(limit)
  if (typeof room === 'number') return feed.claim(room, steps)
  await record(run, steps)
  return { result: Promise.resolve<Claim>({ failure: room }) }
}

/** Claims and publishes batch after batch. */
async function publishBatches(line: Line): Promise<Interruption | null> {
  const { run, guard, size } = line
  const ahead: Promise<Claim>[] = []
  /** Starts one more claim; its note and the intents of the batch that goes now are written down together. */
  const advance = async (steps: readonly Step[]): Promise<void> => {
    const next = await claimNext(line, size.rows, steps)
    if (next !== null) ahead.push(next.result)
  }
  for (let count = 0; count < CLAIMS_AHEAD_MAX; count += 1) await advance([])
  for (;;) {
    const next = await ahead.shift()
    if (!next) return null
    if ('failure' in next || mustStop(line)) {
      const failure = await giveBackAll(run, [Promise.resolve(next), ...ahead])
      return failure ?? whyStopped(line)
    }
    const refusal = await guard.cover(next.claimed)
    if (refusal !== null) return (await giveBackAll(run, [Promise.resolve(next), ...ahead])) ?? refusal
    size.note(next.claimed)
    const late = await unlessFull(advance([publishingStep(next.claimed, guard)]))
    if (late !== null) return (await giveBackAll(run, [Promise.resolve(next), ...ahead])) ?? late
    const failure = await publishBatch(line, next)
    if (failure !== null || mustStop(line)) {
      return (await giveBackAll(run, ahead)) ?? failure ?? whyStopped(line)
    }
  }
}

/** Another process, on the same store, has used up what this hour had room for: then nothing of it was written down. */
async function unlessFull(written: Promise<void>): Promise<Interruption | null> {
  try {
    await written
    return null
  } catch (error) {
    const failure = interruptionOf(error)
    if (failure.code !== 'limit-reached') throw error
    return failure
  }
}

/** Answers with what kept claims from being given back, or null: a job that still holds rows is not over. */
async function giveBackAll(run: JobRun, claims: readonly Promise<Claim>[]): Promise<Interruption | null> {
  let failure: Interruption | null = null
  for (const claim of await Promise.all(claims)) {
    // Rows of a claim that failed are given back when the job goes on: nobody knows which it got.
    const problem = 'failure' in claim ? claim.failure : await giveBack(run, claim.claimed)
    failure ??= problem
  }
  return failure
}

function publishingStep(claimed: readonly ClaimedItem[], { approval, within }: JobGuard): Step {
  return {
    moves: claimed.map(({ seq }) => ({ seq, from: 'claiming', to: 'publishing' })),
    action: 'job-publishing',
    within: within(),
    detail: { ids: claimed.map(({ id }) => id), ...(approval === null ? {} : { approval }) },
  }
}

/** Gives claims back; where the source does not answer they stay written down, and are given back when the job goes on. */
async function giveBack(run: JobRun, items: readonly HeldItem[]): Promise<Interruption | null> {
  try {
    await release(run, items)
    return null
  } catch (error) {
    const failure = interruptionOf(error)
    if (isOfStore(failure.code)) throw error
    const { code, reason } = failure
    run.ports.log.warn({ job: run.job.job, code, reason }, 'release-failed')
    return failure
  }
}

/** Publishes in order; the intents are on disk. What is not handed to the broker is given back. */
async function publishBatch(
  line: Line,
  { claimed, missed }: Exclude<Claim, { failure: unknown }>,
): Promise<Interruption | null> {
  const { run, lanes, settler, pace, stop } = line
  const holes = [...missed]
  let handedOn = 0
  for (const item of claimed) {
    while (holes[0] !== undefined && holes[0].seq < item.seq) blockChain(lanes, holes.shift())
    if (pace !== null) await pace(stop)
    if (!settler.hasRoom) await settler.room()
    if (mustStop(line)) {
      const unsent = claimed.slice(handedOn)
      await record(run, [withdrawnStep(unsent)])
      return giveBack(run, unsent)
    }
    lanes.send(item, line.publish, settler.add(item))
    handedOn += 1
  }
  for (const hole of holes) blockChain(lanes, hole)
  return null
}

/** It may have waited for an earlier message of its chain. */
function publishNow(line: Line, item: ClaimedItem, answered: OnOutcome): void {
  if (mustStop(line)) return answered(stoppedBefore)
  try {
    line.publisher.send(outgoing(line, item), line.run.effects, answered)
  } catch (error) {
    // A defect: nobody knows what has gone out, and the run must not wait for an answer for ever.
    answered({ outcome: 'unknown', code: 'broker-failed', reason: interruptionOf(error).reason })
  }
}

function blockChain(
  lanes: Lanes,
  missed: { readonly id: string; readonly chainKey: string | null } | undefined,
) {
  if (missed !== undefined && missed.chainKey !== null) lanes.block(missed.chainKey, missed.id)
}

function outgoing({ run, redriveHeaders }: Line, item: ClaimedItem): OutgoingMessage {
  const { messageId, type, destination, content, copy } = item
  return {
    messageId,
    type,
    destination,
    payload: content.payload,
    // A plan leaves out what is not JSON, and its digest says that nothing has changed since.
    knownJson: run.job.kind === 'resend',
    headers: content.headers,
    ...(copy === undefined ? {} : { copy }),
    redriveHeaders: redriveHeaders(item),
  }
}
