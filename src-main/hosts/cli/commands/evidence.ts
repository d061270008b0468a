import type { DedupeReport } from '../../../../src-preload/contract/evidence.ts'
import { inEnglish } from '../../../../src-preload/contract/text.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { sourceOption } from '../options.ts'

const VERDICTS: Readonly<
  Record<DedupeReport['verdict'], { readonly says: string; readonly exit: ExitCode }>
> = {
  harmless: { says: 'duplicates are harmless', exit: EXIT.done },
  'not-harmless': { says: 'duplicates are NOT harmless', exit: EXIT.attention },
  unknown: { says: 'whether duplicates are harmless cannot be told', exit: EXIT.failed },
}
const STATE_WIDTH = 8
const CHECK_WIDTH = 10

export const evidenceCheck: Command = {
  words: ['evidence', 'check'],
  summary: 'Whether the receiver notices a message that comes twice, before a bulk resend',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const client = await engine()
    const { where, verdict, findings, asOf } = await client.evidence.check({ source }, { signal })
    for (const { check, state, says } of findings) {
      output.record({ type: 'finding', check, state, code: says.say, says: inEnglish(says) })
      output.line(`${state.padEnd(STATE_WIDTH)}${check.padEnd(CHECK_WIDTH)}${inEnglish(says)}`)
    }
    const weak = findings.filter(({ state }) => state === 'weak').length
    const but = verdict === 'harmless' && weak > 0 ? `, but for what is weak (${weak})` : ''
    output.line(`${VERDICTS[verdict].says}${but}${where === null ? '' : ` (as ${where} says)`}`)
    output.record({ type: 'summary', verdict, where, weak, findings: findings.length, asOf })
    return VERDICTS[verdict].exit
  },
}
