import type { Engine } from '../../src-main/app/engine.ts'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { Selection } from '../../src-main/app/resend/selected-ids.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Brake, Job, JobItem, RunOptions, Settlement } from '../../src-main/domain/job.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { Redirect } from '../../src-main/domain/redirect.ts'
import type { Random } from '../../src-main/sandbox/random.ts'
import { ProcessDied } from './life.ts'
import { stream, untilNext } from './scenario.ts'
import { sweepOnce, switchOff, switchOn } from './sweeping.ts'
import { never, sourceName } from './sim-console.ts'
import type { SimConsole } from './sim-console.ts'
import type { World } from './world.ts'

/** Crashes of one console in one seed. */
const CRASHES_MAX = 4
const ROUNDS_MAX = 3
const CONTINUES_MAX = 4
const ITEMS_MAX = 1_000
/** Now and then somebody looks in the middle of a batch, mostly later. */
const LOOK_PAUSES_MS = [50, 1_000, 3_000] as const
/** Longer than every limit inside Redrive together: a job that runs for so long hangs. */
const JOB_MS_MAX = 600_000

/** Refusals that an operator may meet; anything else is a surprise. */
const REFUSALS = new Set([
  ...['plan-empty', 'plan-not-found', 'plan-already-run', 'job-busy', 'job-not-found', 'job-state-forbids'],
  ...[
    'source-locked',
    'connection-lost',
    'query-timeout',
    'cancelled',
    'broker-blocked',
    'row-changed',
    'sweep-busy',
  ],
])

/** A person at one console: acts at random, looks, decides, and starts Redrive again when it has died. */
export class Operator {
  readonly console: SimConsole
  readonly world: World
  readonly random: Random
  #crashes = 0

  constructor(world: World, console: SimConsole) {
    this.console = console
    this.world = world
    this.random = stream(world.scenario.seed, `operator ${console.name}`)
  }

  async work(): Promise<void> {
    await this.#survive(() => this.start())
    for (let round = this.random.int(1, ROUNDS_MAX); round > 0; round -= 1) {
      await this.#survive(() => this.#round())
      await this.#pause(2_000)
    }
  }

  /** Starts the process, as often as it dies while it starts. */
  async start(): Promise<void> {
    const { crashSteps } = this.world.scenario
    while (!this.console.alive) {
      const mayDie = crashSteps !== null && this.#crashes < CRASHES_MAX && !this.world.calm
      const killAt = mayDie ? Math.ceil(untilNext(this.random, crashSteps)) : Infinity
      await this.console.start(killAt).catch(this.#noteDeath)
    }
  }

  async unlock(): Promise<void> {
    const { environment } = this.world.scenario
    const request = {
      source: sourceName,
      environment,
      minutes: 15,
      typedName: sourceName,
      reason: 'a simulation',
    }
    await this.console.call((engine) => engine.locks.unlock(request))
  }

  /** Null where nothing could be planned. */
  async plan(selection: Selection, redirect: Redirect | null = null): Promise<Plan | null> {
    const plan = (engine: Engine) =>
      planResend(
        engine.ports,
        engine.connections,
        { source: sourceName, selection, edit: null, redirect },
        never,
      )
    return this.attempt(() => this.console.call(plan))
  }

  async run(plan: Plan, options: RunOptions): Promise<Job | null> {
    const request = { plan: plan.plan, digest: plan.digest, typedCount: plan.items, options }
    return this.attempt(() => this.console.call((engine) => engine.jobs.run(request, never)))
  }

  /** Waits until the job is no longer running; `meanwhile` may interfere each time it is looked at. */
  async ended(job: string, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<Job> {
    const limitMs = this.world.time.nowMs + JOB_MS_MAX
    while (this.world.time.nowMs < limitMs) {
      const now = await this.console.call((engine) => engine.jobs.get(job))
      if (now.state !== 'running') return now
      await this.#pause(this.random.pick(LOOK_PAUSES_MS))
      await meanwhile()
    }
    this.world.facts.violate('nothing hangs', `${job} is still running`)
    throw new Error('a job hangs')
  }

  /** Continues until the job is over or has been stopped too often. */
  async bringOn(job: string, triesMax: number): Promise<Job> {
    let now = await this.ended(job)
    for (
      let count = 0;
      count < triesMax && (now.state === 'interrupted' || now.state === 'paused');
      count += 1
    ) {
      this.#judgeInterruption(now)
      await this.#pause(3_000)
      await this.attempt(() => this.console.call((engine) => engine.jobs.continue(job)))
      now = await this.ended(job)
    }
    return now
  }

  /** Decides on unknown outcomes: by looking into the broker, or by guess. */
  async settle(job: string, guesses: number): Promise<void> {
    const query = { unsettled: true, afterSeq: 0, limit: ITEMS_MAX }
    const items = await this.console.call((engine) => engine.ports.jobReader.items(job, query))
    const said = new Map<Settlement, number[]>()
    for (const item of items) {
      const as = this.#decide(job, item, guesses)
      said.set(as, [...(said.get(as) ?? []), item.seq])
    }
    for (const [as, seqs] of said) {
      const request = { seqs, as, reason: 'looked' }
      await this.attempt(() => this.console.call((engine) => engine.jobs.settle(job, request, never)))
    }
  }

  /** The answer, or null where it was refused in a way that an operator may meet. */
  async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof RedriveError && REFUSALS.has(error.code)) {
        this.world.trace.line(this.console.name, `refused: ${error.code}`)
        return null
      }
      if (error instanceof ProcessDied) throw error
      this.world.facts.violate('no surprise error', String(error))
      throw error
    }
  }

  async #round(): Promise<void> {
    const { random } = this
    if (random.chance(0.9)) await this.unlock()
    if (this.world.scenario.sweeps && random.chance(0.6)) return this.#sweep()
    const elsewhere = random.chance(0.1) ? { exchange: 'shop', routingKey: 'order' } : null
    const plan = await this.plan(this.#selection(), elsewhere)
    if (!plan) return
    if (random.chance(0.3)) await this.#pause(5_000)
    const job = await this.run(plan, this.#options())
    if (!job) return
    const seen = await this.ended(job.job, () => this.#interfere(job.job))
    this.#judgeInterruption(seen)
    if (random.chance(0.7)) await this.bringOn(job.job, random.int(0, CONTINUES_MAX))
    if (random.chance(0.3)) await this.#cancelIfInterrupted(job.job)
    if (random.chance(0.5)) await this.settle(job.job, this.world.scenario.guesses)
  }

  async #sweep(): Promise<void> {
    const { random, console } = this
    switch (random.int(0, 4)) {
      case 0:
        await switchOn(this)
        await this.#pause(60_000)
        return
      case 1:
        await switchOff(this)
        return
      default:
        await sweepOnce(this, async () => {
          if (random.chance(0.05)) await console.call((engine) => engine.sweeps.stop(sourceName))
        })
    }
  }

  #options(): RunOptions {
    const { random } = this
    const brake: Brake = {
      failureRatio: random.pick([null, 0.2]),
      returnedMax: random.pick([null, 0, 1, 2]),
      queue: random.chance(0.3) ? { name: 'orders', depthMax: random.pick([3, 100]) } : null,
    }
    return {
      rate: random.pick([null, null, 500, 20]),
      ramp: random.chance(0.3),
      brake: random.chance(0.3) ? brake : null,
    }
  }

  #selection(): Selection {
    const { random } = this
    const ids = this.world.table.rows().flatMap(({ id }) => (random.chance(0.5) ? [id] : []))
    switch (random.int(0, 3)) {
      case 0:
        return { kind: 'ids', ids: [...ids, '404'] }
      case 1:
        return { kind: 'filter', filter: { trouble: 'stuck' } }
      default:
        return { kind: 'filter', filter: { trouble: 'failed' } }
    }
  }

  async #interfere(job: string): Promise<void> {
    const { random, console } = this
    if (random.chance(0.9)) return
    switch (random.int(0, 3)) {
      case 0:
        await this.attempt(() => console.call((engine) => engine.jobs.pause(job)))
        return
      case 1:
        await this.attempt(() => console.call((engine) => engine.jobs.cancel(job)))
        return
      case 2:
        await console.close()
        await this.start()
        return
      default:
        await console.call((engine) => engine.locks.lock(sourceName))
    }
  }

  async #cancelIfInterrupted(job: string): Promise<void> {
    const { state } = await this.console.call((engine) => engine.jobs.get(job))
    if (state === 'interrupted' || state === 'paused')
      await this.attempt(() => this.console.call((engine) => engine.jobs.cancel(job)))
  }

  #decide(job: string, { id, messageId }: JobItem, guesses: number): Settlement {
    if (this.random.chance(guesses)) return this.random.pick(['sent', 'not-sent'])
    const arrived =
      (this.world.facts.itemOf(job, id)?.stored ?? 0) > 0 || this.world.facts.copies.has(messageId)
    return arrived ? 'sent' : 'not-sent'
  }

  /** The reasons for which a run may stop are all outside of Redrive. */
  #judgeInterruption({ job, interruption }: Job): void {
    if (interruption && ['internal', 'store-failed', 'job-state-forbids'].includes(interruption.code))
      this.world.facts.violate(
        'no surprise error',
        `${job} stopped: ${interruption.code} ${interruption.reason}`,
      )
  }

  async #survive(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#noteDeath(error)
      await this.#pause(10_000)
      await this.start()
    }
  }

  #noteDeath = (error: unknown): void => {
    if (!(error instanceof ProcessDied)) throw error
    this.#crashes += 1
  }

  #pause(ms: number): Promise<void> {
    return this.world.time.sleep(this.random.next() * ms)
  }
}
