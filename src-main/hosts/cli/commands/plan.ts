import type {
  PlanFile,
  PlanSelection,
  PlanView,
  PlanWarning,
} from '../../../../src-preload/contract/plans.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../../common/failure.ts'
import { filterOf, filterOptions } from '../filter.ts'
import { idsOption, sourceOption } from '../options.ts'
import type { Output } from '../output.ts'
import { writePlanFile } from '../plan-file.ts'

export const planResend: Command = {
  words: ['plan', 'resend'],
  summary: 'Freezes what a resend would do into a file; touches nothing',
  operands: [],
  options: {
    source: sourceOption,
    id: idsOption,
    ...filterOptions,
    out: { kind: 'text', value: 'FILE', help: 'plan file to write' },
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const out = args.required('out')
    const selection = selectionOf(args)
    const client = await engine()
    const view = await client.plans.resend({ source, selection }, { signal })
    const file = await client.plans.export({ plan: view.plan }, { signal })
    await writePlanFile(out, file)
    report(output, view, file, out)
    return EXIT.done
  },
}

function selectionOf(args: Arguments): PlanSelection {
  const ids = args.list('id')
  const filter = filterOf(args)
  const filtered = Object.keys(filter).length > 0
  if (ids.length > 0 && filtered) throw usageError('Give --id or a filter, not both.')
  if (ids.length > 0) return { kind: 'ids', ids: [...new Set(ids)] }
  // A resend of everything that is in the table is never what was meant.
  if (!filtered) throw usageError('Say which messages: --id ID... or --trouble stuck|failed.')
  return { kind: 'filter', filter }
}

function report(output: Output, view: PlanView, file: PlanFile, out: string): void {
  const { plan, digest, items, environment } = view
  output.object(
    { plan, digest, items, skipped: file.skipped.length, warnings: file.warnings, environment, file: out },
    { plan, digest, items, skipped: file.skipped.length, environment, file: out },
  )
  if (output.json) return
  for (const { destination, count, exists } of view.byDestination) {
    const missing = exists === false ? ' (this exchange does not exist)' : ''
    output.line(`  ${count} to ${destination.exchange}/${destination.routingKey}${missing}`)
  }
  for (const { id, code } of view.skipped) output.line(`  left out: ${id} (${code})`)
  for (const warning of file.warnings) output.line(`  attention: ${sentenceOf(warning)}`)
  const count = environment === 'production' ? ` --count ${items}` : ''
  output.line(`Read it, then: redrive run ${out} --confirm ${digest}${count}`)
}

function sentenceOf(warning: PlanWarning): string {
  switch (warning.code) {
    case 'order-broken':
      return `${warning.id} of chain ${warning.chainKey}: the later message ${warning.laterSentId} was sent already`
    case 'exchange-missing':
      return `${warning.count} go to the exchange "${warning.exchange}", which does not exist`
    case 'maybe-sent':
      return `${warning.count} were in flight: their relay may have sent them without writing it down`
  }
}
