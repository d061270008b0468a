import { inEnglish } from '../../../../src-preload/contract/text.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { sourceOption } from '../options.ts'

export const mappingCheck: Command = {
  words: ['mapping', 'check'],
  summary: 'Says whether the mapping fits the table, and which actions it does not allow',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const client = await engine()
    const check = await client.mappings.check({ source }, { signal })
    output.object(
      { type: 'mapping', source, ...check },
      {
        table: check.table,
        profile: check.profile,
        digest: check.digest,
        states: check.states.join(', '),
        'open rows are indexed': check.indexed,
        drift: check.drift === null ? null : inEnglish(check.drift),
        ...Object.fromEntries(
          check.refusals.map(({ action, reason, instead }) => [
            `no ${action}`,
            `${inEnglish(reason)}. ${inEnglish(instead)}`,
          ]),
        ),
      },
    )
    return check.drift === null ? EXIT.done : EXIT.attention
  },
}

export const mappingExplain: Command = {
  words: ['mapping', 'explain'],
  summary: 'Prints each statement of the mapping with its plan; runs none of them',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const client = await engine()
    const { statements } = await client.mappings.explain({ source }, { signal })
    for (const statement of statements) {
      const { name, text, plan, warnings } = statement
      if (output.json) {
        output.object(statement, {})
        continue
      }
      for (const line of [`-- ${name}`, text, ...plan.map((one) => `   ${one}`)]) output.line(line)
      for (const warning of warnings) output.line(`   WARNING ${inEnglish(warning)}`)
      output.line('')
    }
    return EXIT.done
  },
}
