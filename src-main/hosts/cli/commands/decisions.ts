import type { Decision, ResolveResult } from '../../../../src-preload/contract/decisions.ts'
import type { Command } from '../command.ts'
import { operand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { failureOf, usageError } from '../../common/failure.ts'
import {
  countOption,
  idsOption,
  reasonOption,
  sourceOption,
  typedCount,
  unlock,
  unlockReasonOption,
} from '../options.ts'
import { readableId } from '../../../domain/readable-id.ts'
import type { Column } from '../table.ts'

const columns: readonly Column<ResolveResult>[] = [
  { title: 'ID', cell: (row) => readableId(row.id) },
  { title: 'RESOLVED', cell: (row) => (row.applied ? 'yes' : 'no') },
  { title: 'DECISION', cell: (row) => row.decision },
  { title: 'WHY NOT', cell: (row) => row.code },
]

export const resolve: Command = {
  words: ['resolve'],
  summary: 'Marks messages as needing no delivery, with a reason',
  operands: [],
  options: { source: sourceOption, id: idsOption, reason: reasonOption, count: countOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const ids = [...new Set(args.list('id'))]
    if (ids.length === 0) throw usageError('--id is missing.')
    const reason = args.required('reason')
    const client = await engine()
    await unlock(client, source, reason)
    const items = ids.map((id) => ({ id, version: null }))
    const { results } = await client.decisions.resolve(
      { source, items, reason, typedCount: typedCount(args) },
      { signal },
    )
    output.list(results, columns)
    return results.every(({ applied }) => applied) ? EXIT.done : EXIT.attention
  },
}

export const undo: Command = {
  words: ['undo'],
  summary: 'Takes a decision back, as long as nobody else has touched the row',
  operands: ['DECISION'],
  options: { reason: unlockReasonOption },
  async run(context) {
    const { engine, output, signal } = context
    const wanted = operand(context, 0)
    const client = await engine()
    const take = (): Promise<Decision> => client.decisions.undo({ decision: wanted }, { signal })
    const decision = await take().catch(async (error: unknown) => {
      await unlock(client, lockedSource(error), context.args.text('reason') ?? `redrive undo ${wanted}`)
      return take()
    })
    const { id, messageId, state, operator, reason, at } = decision
    output.object(decision, { decision: decision.decision, id, messageId, state, operator, reason, at })
    return EXIT.done
  },
}

/** A decision does not name its source, but a refusal does. Throws every other error again. */
function lockedSource(error: unknown): string {
  const { code, detail } = failureOf(error)
  if (code !== 'source-locked' || typeof detail['source'] !== 'string') throw error
  return detail['source']
}
