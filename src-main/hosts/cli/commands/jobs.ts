import { itemResult, settlement } from '../../../../src-preload/contract/jobs.ts'
import type {
  ItemResult,
  Job,
  JobItem,
  Settlement,
  UnknownOutcome,
} from '../../../../src-preload/contract/jobs.ts'
import { agreedCosts, readOption } from '../agreed-costs.ts'
import type { Arguments } from '../arguments.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { operand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../../common/failure.ts'
import { reasonOption, sourceOption, unlock } from '../options.ts'
import { sayEvidence } from '../say-evidence.ts'
import { readableId } from '../../../domain/readable-id.ts'
import type { Column } from '../table.ts'

const LIST_MAX = 200
const LIST_DEFAULT = 20
const ITEMS_PAGE = 1_000

const jobColumns: readonly Column<Job>[] = [
  { title: 'JOB', cell: (job) => job.job },
  { title: 'KIND', cell: (job) => job.kind },
  { title: 'STATE', cell: (job) => job.state },
  { title: 'SOURCE', cell: (job) => job.source },
  { title: 'STARTED', cell: (job) => job.createdAt },
  { title: 'BY', cell: (job) => job.operator },
  { title: 'ITEMS', cell: (job) => job.items, align: 'right' },
  ...(
    ['confirmed', 'returned', 'refused', 'unknown', 'skipped', 'parked', 'unsettled', 'unmarked'] as const
  ).map((name): Column<Job> => ({
    title: name.toUpperCase(),
    cell: (job) => job.tally[name],
    align: 'right',
  })),
]

const itemColumns: readonly Column<JobItem>[] = [
  { title: 'SEQ', cell: (item) => item.seq, align: 'right' },
  { title: 'ID', cell: (item) => readableId(item.id) },
  { title: 'MESSAGE ID', cell: (item) => item.messageId, widthMax: 40 },
  { title: 'RESULT', cell: (item) => item.result ?? item.itemState },
  { title: 'SETTLED', cell: (item) => item.settledAs },
  { title: 'MARKED', cell: (item) => item.marked },
  { title: 'CODE', cell: (item) => item.code },
  { title: 'REASON', cell: (item) => item.reason, widthMax: 100 },
]

export const jobsList: Command = {
  words: ['jobs', 'list'],
  summary: 'Jobs, the newest first',
  operands: [],
  options: {
    source: sourceOption,
    limit: { kind: 'text', value: 'N', help: `jobs to list (${LIST_DEFAULT})` },
    before: { kind: 'text', value: 'JOB', help: 'go on after this one' },
  },
  async run({ args, engine, output, signal }) {
    const limit = args.integer('limit', { min: 1, max: LIST_MAX }) ?? LIST_DEFAULT
    const client = await engine()
    const { jobs } = await client.jobs.list(
      { source: args.text('source'), before: args.text('before'), limit },
      { signal },
    )
    output.list(jobs, jobColumns)
    return EXIT.done
  },
}

export const jobsShow: Command = {
  words: ['jobs', 'show'],
  summary: 'One job and the outcome of its messages',
  operands: ['JOB'],
  options: {
    result: {
      kind: 'list',
      value: 'RESULT',
      help: `only these: ${itemResult.options.join(', ')} (all but confirmed)`,
    },
    all: { kind: 'flag', help: 'every message, the confirmed ones too' },
  },
  async run(context) {
    const { args, engine, output } = context
    const asked = args.choices('result', itemResult.options)
    const client = await engine()
    const job = await client.jobs.get({ job: operand(context, 0) })
    if (output.json) output.record(job)
    else output.list([job], jobColumns)
    const results = asked.length > 0 ? asked : itemResult.options.filter((result) => result !== 'confirmed')
    const items: JobItem[] = []
    for await (const page of itemPages(client, job.job, args.flag('all') ? null : results)) {
      if (output.closed()) break
      if (output.json) page.forEach((item) => output.record(item))
      else items.push(...page)
    }
    if (items.length > 0) {
      output.line('')
      output.list(items, itemColumns)
    }
    return EXIT.done
  },
}

async function* itemPages(
  client: EngineClient,
  job: string,
  results: readonly ItemResult[] | null,
): AsyncGenerator<JobItem[]> {
  let afterSeq = -1
  for (;;) {
    const { items } = await client.jobs.items({
      job,
      ...(results !== null && { results: [...results] }),
      afterSeq,
      limit: ITEMS_PAGE,
    })
    if (items.length > 0) yield items
    if (items.length < ITEMS_PAGE) return
    afterSeq = items.at(-1)?.seq ?? afterSeq
  }
}

const unknownColumns: readonly Column<UnknownOutcome>[] = [
  { title: 'JOB', cell: (item) => item.job },
  { title: 'SEQ', cell: (item) => item.seq, align: 'right' },
  { title: 'SOURCE', cell: (item) => item.source },
  { title: 'ID', cell: (item) => readableId(item.id) },
  { title: 'MESSAGE ID', cell: (item) => item.messageId, widthMax: 40 },
  { title: 'SINCE', cell: (item) => item.updatedAt },
  { title: 'EVIDENCE', cell: ({ evidence }) => (evidence === null ? null : sayEvidence(evidence)) },
  { title: 'WHY', cell: (item) => item.reason, widthMax: 80 },
]

export const jobsUnknown: Command = {
  words: ['jobs', 'unknown'],
  summary: 'Messages of all jobs that may or may not have been sent, until somebody decides',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output, signal }) {
    const client = await engine()
    let cursor: string | null = null
    let count = 0
    do {
      const page: Awaited<ReturnType<EngineClient['jobs']['unknown']>> = await client.jobs.unknown(
        { source: args.text('source'), cursor, limit: LIST_MAX },
        { signal },
      )
      output.list(page.items, unknownColumns)
      count = page.count
      cursor = page.nextCursor
    } while (cursor !== null && !output.closed())
    return count > 0 ? EXIT.attention : EXIT.done
  },
}

export const jobsSettle: Command = {
  words: ['jobs', 'settle'],
  summary: 'Decides unknown outcomes, after looking into the queue or at the consumer',
  operands: ['JOB'],
  options: {
    as: { kind: 'text', value: 'sent|not-sent', help: 'what became of them' },
    by: {
      kind: 'text',
      value: 'evidence|queue',
      help: 'in the place of --as, settles as sent what is proved to be and leaves the rest: evidence: the receiver has consumed it; queue: what was redriven is found in --queue',
    },
    queue: {
      kind: 'text',
      value: 'NAME',
      help: 'with --by queue: where it was redriven to, a classic queue',
    },
    untouched: {
      kind: 'flag',
      help: 'with --by queue: nobody has taken messages out of it since the job began, so what is not found and is still a dead letter was not sent',
    },
    read: readOption,
    reason: reasonOption,
    item: { kind: 'list', value: 'SEQ...', help: 'only these; all unsettled ones without it' },
  },
  async run(context) {
    const { args, engine, output } = context
    const decision = decisionOf(args)
    const named = args.list('item').map(seqOf)
    const seqs = named.length > 0 ? named : null
    const client = await engine()
    const { source, job, broker } = await client.jobs.get({ job: operand(context, 0) })
    await unlock(client, source, args.text('reason') ?? `redrive jobs settle ${job}`)
    const settled = await settle(context, client, { decision, seqs, job, broker })
    const { unsettled } = settled.job.tally
    const { notSent } = settled
    const counts = {
      settled: settled.settled,
      ...(notSent === undefined ? {} : { notSent }),
      unmarked: settled.unmarked,
      unsettled,
    }
    output.object({ type: 'settled', job, ...counts }, { job, ...counts })
    return unsettled > 0 || settled.unmarked > 0 ? EXIT.attention : EXIT.done
  },
}

type SettleBy =
  | 'evidence'
  | { readonly queue: string; readonly untouched: boolean }
  | { readonly as: Settlement; readonly reason: string }

interface SettledNow {
  readonly settled: number
  /** Of these; where the decision may be either. */
  readonly notSent?: number
  readonly unmarked: number
  readonly job: Job
}

async function settle(
  context: CommandContext,
  client: EngineClient,
  {
    decision,
    seqs,
    job,
    broker,
  }: {
    readonly decision: SettleBy
    readonly seqs: number[] | null
    readonly job: string
    readonly broker: string
  },
): Promise<SettledNow> {
  if (decision === 'evidence') return client.jobs.settleByEvidence({ job, seqs })
  if ('as' in decision) return client.jobs.settle({ job, seqs, ...decision })
  const { queue, untouched } = decision
  const costs = await agreedCosts(context, client, { broker, queue })
  return client.jobs.settleByArrival({ job, queue, costs, untouched, seqs })
}

function decisionOf(args: Arguments): SettleBy {
  const as = args.choice('as', settlement.options)
  const by = args.choice('by', ['evidence', 'queue'])
  if (by !== null && (as !== null || args.text('reason') !== null))
    throw usageError(`--by ${by} brings its own decision and reason: leave out --as and --reason.`)
  const untouched = args.flag('untouched')
  if (by === 'queue') return { queue: args.required('queue'), untouched }
  if (untouched) throw usageError('--untouched speaks of the queue of --by queue.')
  if (by !== null) return 'evidence'
  if (as === null) throw usageError('--as or --by is missing.')
  return { as, reason: args.required('reason') }
}

function seqOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usageError(`--item takes numbers of items, not "${text}".`)
  return Number(text)
}
