import type { PlacesReport, PlacesStep } from '../../../../src-preload/contract/places.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Output } from '../output.ts'
import { writeReport } from '../report-file.ts'

/** `redrive audit --places`: stored → sent → consumed, in the same lines as the audit of the chains. */
export async function auditPlaces({ args, engine, output, signal }: CommandContext): Promise<ExitCode> {
  const source = args.required('source')
  const chains = chainsOf(args)
  const client = await engine()
  const file = args.text('html')
  let last: PlacesStep | null = null
  for await (const step of await client.places.compare({ source, chains }, { signal })) last = step
  if (last?.type !== 'report') return EXIT.failed
  const { report, html } = last
  print(output, report)
  if (file !== null) await writeReport(file, html)
  if (report.verdict === 'intact') return EXIT.done
  return report.verdict === 'broken' ? EXIT.attention : EXIT.failed
}

function chainsOf(args: Arguments): string[] | null {
  if (args.text('since') !== null || args.flag('new'))
    throw usageError('--places looks at whole chains: leave out --since and --new.')
  const chains = [...new Set(args.list('chain'))]
  return chains.length === 0 ? null : chains
}

function print(output: Output, report: PlacesReport): void {
  const { where, verdict, stored, sent, consumed, onTheWay, untold, findings, positions } = report
  for (const { kind, chain, id, messageId, consumedAt, position, passed, says } of findings) {
    output.record({ type: 'finding', kind, chain, id, messageId, consumedAt, position, passed })
    output.line(`${kind.padEnd(KIND_WIDTH)}  ${says}`)
  }
  for (const { chain, position } of positions) {
    output.record({ type: 'position', chain, position })
    output.line(`${'receiver stands'.padEnd(KIND_WIDTH)}  at ${position} in chain ${chain}`)
  }
  for (const { reason, count } of untold) output.remark(`${count} sent ones cannot be told of: ${reason}.`)
  for (const remark of report.remarks) output.remark(remark)
  output.line(
    `${verdict}: ${stored} stored, ${sent} sent, ${consumed} consumed (as ${where} says), ${onTheWay} on the way`,
  )
  const count = Object.values(report.byKind).reduce((sum, one) => sum + one, 0)
  output.record({ type: 'summary', verdict, messages: stored, sent, consumed, onTheWay, findings: count })
}

const KIND_WIDTH = 26
