import { unconfirmedResult } from '../../../../src-preload/contract/plans.ts'
import type {
  PlanEdit,
  PlanRedirect,
  PlanSelection,
  PlanView,
} from '../../../../src-preload/contract/plans.ts'
import { readFile } from 'node:fs/promises'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../../common/failure.ts'
import { filterOf, filterOptions } from '../filter.ts'
import { idsOption, sourceOption, unmaskOption } from '../options.ts'
import type { Output } from '../output.ts'
import { writePlanFile } from '../plan-file.ts'
import { planLines } from '../say-plan.ts'

export const planResend: Command = {
  words: ['plan', 'resend'],
  summary: 'Freezes what a resend would do into a file, with a dry run; touches nothing',
  operands: [],
  options: {
    source: sourceOption,
    id: idsOption,
    ...filterOptions,
    job: { kind: 'text', value: 'JOB', help: 'what this job did not get confirmed' },
    result: {
      kind: 'list',
      value: 'RESULT',
      help: `with --job, only these: ${unconfirmedResult.options.join(', ')} (returned, refused)`,
    },
    patch: { kind: 'text', value: 'FILE', help: 'JSON Patch (RFC 6902) over every payload' },
    'to-exchange': { kind: 'text', value: 'NAME', help: 'send there instead' },
    'to-key': { kind: 'text', value: 'KEY', help: 'send with this routing key instead' },
    'include-consumed': { kind: 'flag', help: 'also what the receiver has consumed already; with --reason' },
    reason: { kind: 'text', value: 'TEXT', help: 'why consumed messages are sent again' },
    unmask: unmaskOption,
    out: { kind: 'text', value: 'FILE', help: 'plan file to write' },
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const out = args.required('out')
    const selection = selectionOf(args)
    const edit = await editOf(args)
    const again = consumedAgain(args)
    const client = await engine()
    const request = { source, selection, edit, redirect: redirectOf(args), ...again }
    const view = await client.plans.resend(request, { signal })
    await writePlanFile(client, { plan: view.plan, unmask: args.text('unmask') }, out)
    reportPlan(output, view, out)
    return EXIT.done
  },
}

function selectionOf(args: Arguments): PlanSelection {
  const ids = args.list('id')
  const job = args.text('job')
  const filter = filterOf(args)
  const filtered = Object.keys(filter).length > 0
  if (Number(ids.length > 0) + Number(filtered) + Number(job !== null) > 1)
    throw usageError('Give --id, a filter or --job, and only one of them.')
  if (ids.length > 0) return { kind: 'ids', ids: [...new Set(ids)] }
  if (job !== null) {
    const results = args.choices('result', unconfirmedResult.options)
    return { kind: 'job', job, results: results.length > 0 ? [...results] : ['returned', 'refused'] }
  }
  // A resend of everything that is in the table is never what was meant.
  if (!filtered) throw usageError('Say which messages: --id ID..., --trouble stuck|failed or --job JOB.')
  return { kind: 'filter', filter }
}

async function editOf(args: Arguments): Promise<PlanEdit | null> {
  const path = args.text('patch')
  if (path === null) return null
  try {
    return { kind: 'patch', patch: await readFile(path, 'utf8') }
  } catch (error) {
    throw usageError(`The patch ${path} cannot be read.`, { cause: error })
  }
}

function redirectOf(args: Arguments): PlanRedirect | null {
  const exchange = args.text('to-exchange')
  const routingKey = args.text('to-key')
  if (exchange === null && routingKey === null) return null
  return { ...(exchange === null ? {} : { exchange }), ...(routingKey === null ? {} : { routingKey }) }
}

/** A message that was consumed and is sent again takes effect twice, unless the receiver deduplicates: that needs a reason. */
function consumedAgain(args: Arguments): { includeConsumed?: string } {
  const reason = args.text('reason')
  if (!args.flag('include-consumed')) {
    if (reason !== null) throw usageError('--reason is for --include-consumed.')
    return {}
  }
  if (reason === null) throw usageError('--include-consumed takes a --reason TEXT.')
  return { includeConsumed: reason }
}

/** What a person reads of a plan before it is run. */
export function reportPlan(output: Output, view: PlanView, out: string): void {
  const { plan, digest, items, environment, skippedCount, warnings, dryRun, evidence } = view
  const head = { plan, digest, items, skipped: skippedCount }
  output.object(
    { ...head, warnings, dryRun, evidence, environment, file: out },
    { ...head, environment, file: out },
  )
  if (output.json) return
  for (const line of planLines(view)) output.line(`  ${line}`)
  const count = environment === 'production' ? ` --count ${items}` : ''
  if (view.approval?.why) output.line(`  a second person has to say yes: redrive approve ${out}`)
  output.line(`Read it, then: redrive run ${out} --confirm ${digest}${count}`)
}
