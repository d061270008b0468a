import type { Json } from '../../domain/digest.ts'
import type { ItemMove, Job, JobItem } from '../../domain/job.ts'
import type { JournalAction, JournalDraft } from '../../domain/journal.ts'
import type { JobReader, JobStore } from '../../ports/job-store.ts'
import type { Journal } from '../../ports/journal.ts'
import type { OperatorStore } from '../../ports/operator-store.ts'
import type { RunStore } from '../../ports/sweep-store.ts'
import type { Processes } from '../../ports/surroundings.ts'

const JOBS_PAGE = 200
/** More than a store can have: each name has few, and each person one name. */
const TOKENS_MAX = 100_000
/** Items that are moved in one transaction. */
const ITEMS_PAGE = 1_000
const REASON = 'the store was restored from a backup: it may have been sent since that was made'

export interface RestoredStore {
  readonly jobs: Pick<JobStore, 'moveItems' | 'moveJob'>
  readonly jobReader: Pick<JobReader, 'jobs' | 'items' | 'job'>
  readonly journal: Pick<Journal, 'append'>
  readonly sweeps: Pick<RunStore<unknown>, 'approved' | 'approve' | 'running' | 'end'>
  readonly checkRuns: Pick<RunStore<unknown>, 'approved' | 'approve' | 'running' | 'end'>
  readonly operators: Pick<OperatorStore, 'list' | 'revoke'>
}

export interface AfterRestore {
  readonly store: RestoredStore
  readonly self: Processes['self']
  readonly operator: string
  /** For the journal: which backup it was, and what it replaced. */
  readonly detail: Json
}

export interface Unsettled {
  /** Jobs that had not ended when the backup was made. */
  readonly jobs: number
  /** Their messages that a person has to settle now. */
  readonly unknown: number
  /** Sweeps and checks that run by themselves, and do so no more until a person switches them on. */
  readonly switchedOff: number
  /** Tokens of people that stood in the backup: some of them may have been taken back since. */
  readonly tokens: number
}

/**
 * What a store that was set back must not do: go on as if nothing had happened since. Every message of a job that had not ended
 * may have been sent meanwhile, whether the old store says that it was planned, claimed or on its way; so each of them becomes
 * unknown, which holds it until a person or the evidence settles it, and the job is over. Whatever runs by itself is switched
 * off: it would not know what is held; and every token is taken back, since the store has forgotten which ones were. Safe to
 * repeat; the first entry says that from here on the journal is of a restored store.
 */
export async function standAfterRestore(it: AfterRestore): Promise<Unsettled> {
  const { store, operator, detail } = it
  await store.journal.append({ action: 'store-restored', operator, source: null, subject: null, detail })
  const tokens = await takeTokensBack(it)
  const switchedOff = (await switchOff(it, 'sweep')) + (await switchOff(it, 'check-back'))
  let jobs = 0
  let unknown = 0
  for (let before: string | null = null; ;) {
    const page: readonly Job[] = await store.jobReader.jobs({ before, limit: JOBS_PAGE })
    for (const job of page) {
      if (job.state === 'done' || job.state === 'cancelled') continue
      jobs += 1
      unknown += await endAsUnknown(it, job)
    }
    const last = page.at(-1)
    if (last === undefined) return { jobs, unknown, switchedOff, tokens }
    before = last.job
  }
}

async function endAsUnknown(it: AfterRestore, job: Job): Promise<number> {
  const { store, self } = it
  const interruption = { code: 'process-ended' as const, reason: REASON }
  const taken = entryOf(it, job, 'job-recovered', { ...interruption, ended: job.ended, items: job.items })
  // A job that runs has an owner, of this machine or of another: from now on it is this process.
  if (job.state === 'running')
    await store.jobs.moveJob(
      job.job,
      { from: 'running', to: 'interrupted', owner: self, interruption },
      taken,
    )
  const from = job.state === 'paused' ? 'paused' : 'interrupted'
  await store.jobs.moveJob(job.job, { from, to: 'running', owner: self }, taken)
  let unknown = 0
  for (;;) {
    const states = ['planned', 'claiming', 'publishing', 'settling'] as const
    const items = await store.jobReader.items(job.job, { states, afterSeq: 0, limit: ITEMS_PAGE })
    if (items.length === 0) break
    const open = items.filter(({ itemState }) => itemState !== 'settling')
    unknown += open.length
    const entry = entryOf(it, job, 'job-recovered', { unknown: open.map(({ id }) => id) })
    await store.jobs.moveItems(job.job, self, [{ moves: items.map(moveOf), entry }])
  }
  const { ended, items, tally } = (await store.jobReader.job(job.job)) ?? job
  const done = entryOf(it, job, 'job-ended', { state: 'done', ended, items, tally: { ...tally } })
  await store.jobs.moveJob(job.job, { from: 'running', to: 'done', owner: null, by: self }, done)
  return unknown
}

/** Of one that was being marked the outcome is known; whether its row was marked since, the row says. */
function moveOf({ seq, itemState }: JobItem): ItemMove {
  if (itemState === 'settling') return { seq, from: 'settling', to: 'done', marked: false }
  return { seq, from: itemState, to: 'done', result: 'unknown', code: 'process-ended', reason: REASON }
}

async function takeTokensBack({ store, operator }: AfterRestore): Promise<number> {
  const known = await store.operators.list(TOKENS_MAX)
  const tokens = known.filter(({ revokedAt }) => revokedAt === null).map(({ token }) => token)
  const entry = { action: 'operator-revoked' as const, operator, source: null, subject: null }
  return (await store.operators.revoke(tokens, { ...entry, detail: { name: '*', tokens } })).length
}

async function switchOff(it: AfterRestore, kind: 'sweep' | 'check-back'): Promise<number> {
  const { store, operator } = it
  const runs = kind === 'sweep' ? store.sweeps : store.checkRuns
  const trouble = { code: 'process-ended' as const, reason: REASON }
  for (const { run } of await runs.running())
    await runs.end(run.run, { state: 'failed', outcome: null, trouble, stops: null }, [])
  const sources = await runs.approved()
  for (const source of sources) {
    const action = kind === 'sweep' ? 'sweep-switched' : 'check-back-switched'
    await runs.approve(source, null, operator, {
      action,
      operator,
      source,
      subject: null,
      detail: { on: false },
    })
  }
  return sources.length
}

function entryOf({ operator }: AfterRestore, job: Job, action: JournalAction, detail: Json): JournalDraft {
  return { action, operator, source: job.source, subject: job.job, detail }
}
