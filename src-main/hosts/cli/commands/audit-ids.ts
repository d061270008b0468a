import { usageError } from '../../common/failure.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'

const FAULT_WIDTH = 14
const UNSEEN = {
  order: 'Nothing tells in which order rows were stored: ids that go back are not looked for.',
  chain: 'The outbox has no chain: ids that go back within one are not looked for.',
  worker: 'Nobody says where the worker stands in an id: clocks are compared within chains only.',
  created: 'The outbox does not say when a row was stored: clocks that are ahead are not looked for.',
} as const

/** `audit --ids`: one finding a line, exit codes as those of an audit. */
export async function auditIds(
  { args, engine, output, signal }: CommandContext,
  source: string,
): Promise<ExitCode> {
  if (args.list('chain').length > 0 || args.flag('new'))
    throw usageError('--ids goes with --since only: an id service serves all chains.')
  const client = await engine()
  const found = await client.audits.ids({ source, since: args.text('since') }, { signal })
  for (const { fault, says, ...finding } of found.findings) {
    output.record({ type: 'finding', kind: fault, ...finding })
    output.line(`${fault.padEnd(FAULT_WIDTH)}${says}`)
  }
  const count = Object.values(found.byFault).reduce((sum, one) => sum + one, 0)
  if (count > found.findings.length)
    output.remark(`${count - found.findings.length} more findings are counted and not listed.`)
  for (const what of found.unseen) output.remark(UNSEEN[what])
  const { kind, messages, verdict, byFault } = found
  output.line(`${verdict}: ${messages} messages, ${count} findings in ids by ${kind}`)
  output.record({ type: 'summary', verdict, messages, findings: count, byFault })
  return verdict === 'intact' ? EXIT.done : EXIT.attention
}
