import {
  HELD_AFTER_DEFAULT,
  LETTERS_PAGE_MAX,
  LOOK_MAX,
} from '../../../../src-preload/contract/dead-letters.ts'
import type {
  DeadLetterQueue,
  Letter,
  LetterSelection,
  Look,
  RedriveTo,
} from '../../../../src-preload/contract/dead-letters.ts'
import { RedriveError } from '../../../domain/errors.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments, OptionSpecs } from '../arguments.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { approvalOption, handIn } from '../approval-file.ts'
import { EXIT } from '../exit-codes.ts'
import { countOption, idsOption, reasonOption, typedCount, unlock, unlockReasonOption } from '../options.ts'
import { agreedCosts, readOption } from '../agreed-costs.ts'
import { importPlanFile } from '../../common/import-plan-file.ts'
import { planFileDigest, writePlanFile } from '../plan-file.ts'
import { reportPlan } from './plan.ts'

const queueOptions: OptionSpecs = {
  broker: { kind: 'text', value: 'NAME', help: 'broker in the workspace' },
  queue: { kind: 'text', value: 'NAME', help: 'queue of dead letters, or topic of Kafka' },
}

/** Every process looks for itself, so each of these commands reads the queue once. */
const lookOptions: OptionSpecs = {
  ...queueOptions,
  limit: { kind: 'text', value: 'N', help: `messages to read (${LOOK_MAX})` },
  read: readOption,
}

const selectionOptions: OptionSpecs = {
  id: idsOption,
  cause: { kind: 'list', value: 'CAUSE', help: 'all that died of this, as "deadletters groups" prints it' },
  all: { kind: 'flag', help: 'all that the look finds' },
}

export const deadLettersList: Command = {
  words: ['deadletters', 'list'],
  summary: 'Queues of dead letters that the workspace names; with --queue and --read the letters of one',
  operands: [],
  options: { ...lookOptions, cause: selectionOptions['cause'] ?? idsOption },
  async run(context) {
    const client = await context.engine()
    if (context.args.text('queue') === null) {
      const { queues } = await client.deadLetters.list({}, { signal: context.signal })
      listQueues(context, queues)
      return EXIT.done
    }
    const { look } = await lookInto(context, client)
    const causes = context.args.list('cause')
    for (let from = 0; ; from += LETTERS_PAGE_MAX) {
      const page = { look, causes: causes.length === 0 ? null : [...causes], from, limit: LETTERS_PAGE_MAX }
      const { letters, total } = await client.deadLetters.letters(page)
      listLetters(context, letters)
      if (from + LETTERS_PAGE_MAX >= total || context.output.closed()) return EXIT.done
    }
  },
}

export const deadLettersGroups: Command = {
  words: ['deadletters', 'groups'],
  summary: 'Reads a queue of dead letters and counts them by cause',
  operands: [],
  options: lookOptions,
  async run(context) {
    const look = await lookInto(context, await context.engine())
    context.output.list(look.groups, [
      { title: 'COUNT', cell: (row) => row.count },
      { title: 'CAME BACK', cell: (row) => row.cameBack },
      { title: 'HELD', cell: (row) => row.held },
      { title: 'MARKED', cell: (row) => row.marked },
      { title: 'FIRST', cell: (row) => row.firstDiedAt },
      { title: 'LAST', cell: (row) => row.lastDiedAt },
      { title: 'CAUSE', cell: (row) => row.cause },
    ])
    if (!look.complete) context.output.remark(`There is more: ${look.messages} were read.`)
    return EXIT.done
  },
}

export const deadLettersPlan: Command = {
  words: ['deadletters', 'plan'],
  summary: 'Reads a queue of dead letters and freezes what a redrive would do into a file, for "run"',
  operands: [],
  options: {
    ...lookOptions,
    ...selectionOptions,
    to: {
      kind: 'text',
      value: 'WHERE',
      help: 'origin: exchange and key of the first publish (default); queue: the one it died in; chosen',
    },
    'to-exchange': { kind: 'text', value: 'NAME', help: 'with --to chosen' },
    'to-key': { kind: 'text', value: 'KEY', help: 'with --to chosen' },
    'to-topic': { kind: 'text', value: 'NAME', help: 'topic of Kafka, with --to chosen' },
    'held-after': {
      kind: 'text',
      value: 'N',
      help: `leave out what was redriven N times already (${HELD_AFTER_DEFAULT})`,
    },
    'with-held': { kind: 'flag', help: 'also what came back that often' },
    again: { kind: 'text', value: 'REASON', help: 'also records of a topic that were redriven before' },
    out: { kind: 'text', value: 'FILE', help: 'plan file to write' },
  },
  async run(context) {
    const { args, output, signal } = context
    const out = args.required('out')
    const selection = selectionOf(args)
    const to = toOf(args)
    const heldAfter = args.flag('with-held')
      ? null
      : (args.integer('held-after', { min: 1, max: LOOK_MAX }) ?? HELD_AFTER_DEFAULT)
    const client = await context.engine()
    const { look } = await lookInto(context, client)
    const view = await client.deadLetters.planRedrive(
      { look, selection, to, heldAfter, again: args.text('again') },
      { signal },
    )
    await writePlanFile(client, { plan: view.plan, unmask: null }, out)
    reportPlan(output, view, out)
    return EXIT.done
  },
}

export const deadLettersDiscard: Command = {
  words: ['deadletters', 'discard'],
  summary:
    'Without a plan: freezes what would be discarded into --out. With PLAN and --confirm: takes them out of the queue for good; nothing brings them back',
  operands: [],
  options: {
    ...lookOptions,
    ...selectionOptions,
    reason: reasonOption,
    out: { kind: 'text', value: 'FILE', help: 'plan file to write' },
    plan: { kind: 'text', value: 'FILE', help: 'plan file to carry out' },
    confirm: { kind: 'text', value: 'DIGEST', help: 'digest of the plan' },
    count: countOption,
    approval: approvalOption,
  },
  run: (context) => (context.args.text('plan') === null ? planDiscard(context) : carryOut(context)),
}

export const deadLettersRestore: Command = {
  words: ['deadletters', 'restore'],
  summary: 'Takes the mark of a discard off records of a topic: they are dead letters again',
  operands: [],
  options: { ...queueOptions, id: idsOption, reason: unlockReasonOption },
  async run({ args, engine, output, signal }) {
    const [broker, queue] = [args.required('broker'), args.required('queue')]
    const ids = [...args.list('id')]
    if (ids.length === 0) throw usageError('Say which records: --id ID...')
    const client = await engine()
    await unlock(client, `${broker}/${queue}`, args.text('reason') ?? 'redrive deadletters restore')
    const { restored } = await client.deadLetters.restore({ broker, queue, ids }, { signal })
    output.object({ type: 'summary', restored }, { restored })
    return restored < ids.length ? EXIT.attention : EXIT.done
  },
}

async function planDiscard(context: CommandContext) {
  const { args, output, signal } = context
  const out = args.required('out')
  const reason = args.required('reason')
  const selection = selectionOf(args)
  const client = await context.engine()
  const { look } = await lookInto(context, client)
  const view = await client.deadLetters.planDiscard({ look, selection, reason }, { signal })
  await writePlanFile(client, { plan: view.plan, unmask: null }, out)
  const { plan, digest, items, environment } = view
  output.object(
    { plan, digest, items, environment, file: out },
    { plan, digest, items, environment, file: out },
  )
  const count = environment === 'production' ? ` --count ${items}` : ''
  output.line(`This cannot be undone: redrive deadletters discard --plan ${out} --confirm ${digest}${count}`)
  return EXIT.done
}

async function carryOut({ args, engine, output, signal }: CommandContext) {
  const path = args.required('plan')
  const confirmed = args.text('confirm')
  if (confirmed === null) {
    const { plan, digest } = await planFileDigest(path)
    throw new RedriveError('plan-not-confirmed', 'never', { plan, digest })
  }
  const client = await engine()
  const { plan, source } = await importPlanFile(client, path)
  await handIn(client, plan, args)
  await unlock(client, source, args.text('reason') ?? `redrive deadletters discard, plan ${plan}`)
  const request = { plan, digest: confirmed, typedCount: typedCount(args) }
  const { removed, missing } = await client.deadLetters.discard(request, { signal })
  output.object({ type: 'summary', plan, removed, missing }, { plan, removed, missing })
  return missing > 0 ? EXIT.attention : EXIT.done
}

async function lookInto({ args, output, signal }: CommandContext, client: EngineClient): Promise<Look> {
  const broker = args.required('broker')
  const queue = args.required('queue')
  const limit = args.integer('limit', { min: 1, max: LOOK_MAX }) ?? LOOK_MAX
  const costs = await agreedCosts({ args, output, signal }, client, { broker, queue })
  return await client.deadLetters.look({ broker, queue, limit, costs }, { signal })
}

function selectionOf(args: Arguments): LetterSelection {
  const ids = args.list('id')
  const causes = args.list('cause')
  const all = args.flag('all')
  if (Number(ids.length > 0) + Number(causes.length > 0) + Number(all) !== 1)
    throw usageError('Say which messages: --cause CAUSE, --id ID... or --all, and only one of them.')
  if (all) return { kind: 'all' }
  // Messages that say nothing of their cause are listed under "-".
  if (causes.length > 0)
    return { kind: 'causes', causes: causes.map((cause) => (cause === '-' ? null : cause)) }
  return { kind: 'ids', ids: [...new Set(ids)] }
}

function toOf(args: Arguments): RedriveTo {
  const kind = args.text('to') ?? 'origin'
  const topic = args.text('to-topic')
  if (kind === 'chosen' && topic !== null) return { kind, exchange: topic, routingKey: '' }
  const routingKey = args.text('to-key')
  if (kind === 'origin' || kind === 'queue') return { kind }
  if (kind !== 'chosen' || routingKey === null)
    throw usageError(
      '--to takes origin, queue, or chosen with --to-topic or --to-key and, where it is not the default, --to-exchange.',
    )
  return { kind, exchange: args.text('to-exchange') ?? '', routingKey }
}

function listQueues({ output }: CommandContext, queues: readonly DeadLetterQueue[]): void {
  output.list(queues, [
    { title: 'BROKER', cell: (row) => row.broker },
    { title: 'QUEUE', cell: (row) => row.queue },
    { title: 'MESSAGES', cell: (row) => row.facts?.messages ?? null },
    { title: 'TYPE', cell: (row) => row.facts?.type ?? null },
    { title: 'CONSUMERS', cell: (row) => row.facts?.consumers ?? null },
    {
      title: 'READING',
      cell: (row) => row.error?.code ?? row.facts?.refusal ?? row.facts?.costs.join(' ') ?? null,
    },
  ])
}

function listLetters({ output }: CommandContext, letters: readonly Letter[]): void {
  output.list(letters, [
    { title: 'ID', cell: (row) => row.id },
    { title: 'TYPE', cell: (row) => row.type },
    { title: 'DIED', cell: (row) => row.story.lastDiedAt },
    { title: 'IN', cell: (row) => row.story.origin.queue ?? row.story.origin.record?.group ?? null },
    {
      title: 'FROM',
      cell: (row) => fromWhere(row.story.origin),
    },
    { title: 'REDRIVEN', cell: (row) => row.story.redrive?.times ?? 0 },
    { title: 'MARK', cell: (row) => (row.mark === null ? null : `${row.mark.as} ${row.mark.at}`) },
    { title: 'CAUSE', cell: (row) => row.story.cause },
  ])
}

function fromWhere({ exchange, routingKey, record }: Letter['story']['origin']): string {
  if (record !== null) return `${record.topic}/${record.partition ?? '?'}@${record.offset ?? '?'}`
  return `${exchange ?? '?'}/${routingKey ?? '?'}`
}
