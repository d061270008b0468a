import { inEnglish } from '../../../../src-preload/contract/text.ts'
import type { MappingPreview } from '../../../../src-preload/contract/mapping-steps.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../../common/failure.ts'
import { countOption, idsOption, reasonOption, sourceOption, typedCount, unlock } from '../options.ts'
import type { Output } from '../output.ts'
import { renderTable } from '../table.ts'
import { readableId } from '../../../domain/readable-id.ts'

const REASONS_SHOWN = 3
const REASON_WIDTH = 160

export const sourcesDetect: Command = {
  words: ['sources', 'detect'],
  summary: 'Looks through a database for outboxes: known layouts and proposed mappings, best first',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const client = await engine()
    const { candidates } = await client.mappings.detect({ source }, { signal })
    output.list(candidates, [
      { title: 'PROFILE', cell: (row) => row.profile },
      { title: 'TABLE', cell: (row) => row.table },
      { title: 'SCORE', cell: (row) => row.score, align: 'right' },
      { title: 'WRITES', cell: (row) => row.writes },
      {
        title: 'REASONS',
        cell: (row) => row.reasons.slice(0, REASONS_SHOWN).map(inEnglish).join('; '),
        widthMax: REASON_WIDTH,
      },
    ])
    return candidates.length > 0 ? EXIT.done : EXIT.attention
  },
}

export const mappingPreview: Command = {
  words: ['mapping', 'preview'],
  summary:
    'Shows live rows as the mapping tells them, and what retry and resolve would write; changes nothing',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const client = await engine()
    const preview = await client.mappings.preview({ source }, { signal })
    if (output.json) output.record({ type: 'mapping-preview', ...preview })
    else printPreview(output, preview)
    return preview.unsafe.length > 0 ? EXIT.attention : EXIT.done
  },
}

function printPreview(output: Output, preview: MappingPreview): void {
  const { states, actions, unsafe } = preview
  const print = (lines: readonly string[]): void => lines.forEach((line) => output.line(line))
  output.line(`${preview.table} by ${preview.profile}`)
  print(
    renderTable(states, [
      { title: 'STATE', cell: (row) => row.state },
      { title: 'ROWS', cell: countText, align: 'right' },
      {
        title: 'FOR EXAMPLE',
        cell: (row) => row.samples.map((one) => readableId(one.id)).join(', ') || null,
      },
    ]),
  )
  for (const { state, sql } of states) if (sql !== null) output.line(`-- ${state}: ${sql}`)
  for (const { action, refusal, sql, rows } of actions) {
    output.line('')
    if (refusal !== null) {
      output.line(`${action}: not allowed, ${inEnglish(refusal.reason)}. ${inEnglish(refusal.instead)}`)
      continue
    }
    output.line(`${action}, rolled back: ${sql ?? ''}`)
    print(
      renderTable(rows, [
        { title: 'ID', cell: (row) => readableId(row.id) },
        { title: 'IS', cell: (row) => row.state },
        { title: 'WOULD BE', cell: (row) => wouldBe(row) },
        { title: 'RISKS', cell: (row) => row.risks.join(', ') || null },
        { title: 'WRITES', cell: (row) => writes(row), widthMax: REASON_WIDTH },
      ]),
    )
  }
  output.line('')
  for (const { problem, instead } of unsafe)
    output.line(`NOT CONFIRMABLE: ${inEnglish(problem)}. ${inEnglish(instead)}`)
  if (preview.digest === null) output.line("Redrive's own layout: nothing has to be confirmed.")
  else if (preview.confirmed === null) output.line(`Not confirmed. Digest: ${preview.digest}`)
  else
    output.line(
      `Confirmed by ${preview.confirmed.operator} at ${preview.confirmed.at} for ${preview.confirmed.actions.join(', ')}.`,
    )
}

type ActionRow = MappingPreview['actions'][number]['rows'][number]

function wouldBe({ applied, message, after }: ActionRow): string {
  if (!applied) return 'left alone'
  return message?.state ?? (after === null ? 'gone, or a copy beside it' : 'changed')
}

function writes({ before, after }: ActionRow): string | null {
  if (after === null) return null
  return Object.entries(after)
    .filter(([column, value]) => before[column] !== value)
    .map(([column, value]) => `${column}: ${before[column] ?? 'null'} → ${value ?? 'null'}`)
    .join(', ')
}

function countText({ count, bounded, scope }: MappingPreview['states'][number]): string {
  const atLeast = bounded || !scope.complete
  return `${count}${atLeast ? '+' : ''}`
}

export const mappingConfirm: Command = {
  words: ['mapping', 'confirm'],
  summary:
    'Confirms the mapping that "mapping preview" showed, so that the source can be unlocked for writes',
  operands: [],
  options: {
    source: sourceOption,
    digest: { kind: 'text', value: 'D', help: 'what "mapping preview" prints' },
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const digest = args.required('digest')
    if (!/^[0-9a-f]{64}$/.test(digest)) throw usageError('--digest takes 64 hexadecimal digits.')
    const client = await engine()
    const confirmation = await client.mappings.confirm({ source, digest }, { signal })
    output.object(
      { type: 'mapping-confirmed', ...confirmation },
      { ...confirmation, actions: confirmation.actions.join(', ') },
    )
    return EXIT.done
  },
}

export const retry: Command = {
  words: ['retry'],
  summary: "Hands messages back to their services' own relay, with a reason",
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
    const { results } = await client.mappings.retry(
      { source, items, reason, typedCount: typedCount(args) },
      { signal },
    )
    output.list(results, [
      { title: 'ID', cell: (row) => readableId(row.id) },
      { title: 'HANDED BACK', cell: (row) => (row.applied ? 'yes' : 'no') },
      { title: 'WHY NOT', cell: (row) => row.code },
    ])
    return results.every(({ applied }) => applied) ? EXIT.done : EXIT.attention
  },
}
