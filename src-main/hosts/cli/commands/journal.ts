import { journalAction } from '../../../../src-preload/contract/journal.ts'
import type { JournalEntry } from '../../../../src-preload/contract/journal.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { sourceOption } from '../options.ts'
import type { Column } from '../table.ts'

const PAGE = 1_000
const LIST_DEFAULT = 50

const columns: readonly Column<JournalEntry>[] = [
  { title: 'SEQ', cell: (entry) => entry.seq, align: 'right' },
  { title: 'AT', cell: (entry) => entry.at },
  { title: 'ACTION', cell: (entry) => entry.action },
  { title: 'BY', cell: (entry) => entry.operator },
  { title: 'SOURCE', cell: (entry) => entry.source },
  { title: 'SUBJECT', cell: (entry) => entry.subject },
  { title: 'DETAIL', cell: (entry) => JSON.stringify(entry.detail), widthMax: 100 },
]

export const journalList: Command = {
  words: ['journal', 'list'],
  summary: 'Everything that was done, the newest first',
  operands: [],
  options: {
    source: sourceOption,
    subject: { kind: 'text', value: 'ID', help: 'only this job, plan or decision' },
    action: { kind: 'list', value: 'ACTION', help: 'only these actions' },
    order: { kind: 'text', value: 'newest|oldest', help: 'newest first unless said otherwise' },
    limit: { kind: 'text', value: 'N', help: `entries to list (${LIST_DEFAULT})` },
    cursor: { kind: 'text', value: 'SEQ', help: 'go on where the last list ended' },
  },
  async run({ args, engine, output }) {
    const source = args.text('source')
    const subject = args.text('subject')
    const actions = args.choices('action', journalAction.options)
    const limit = args.integer('limit', { min: 1, max: PAGE }) ?? LIST_DEFAULT
    const cursor = args.integer('cursor', { min: 0, max: Number.MAX_SAFE_INTEGER })
    const client = await engine()
    const page = await client.journal.list({
      ...(source !== null && { source }),
      ...(subject !== null && { subject }),
      ...(actions.length > 0 && { actions: [...actions] }),
      order: args.choice('order', ['newest', 'oldest']) ?? 'newest',
      cursor,
      limit,
    })
    output.list(page.entries, columns)
    if (page.nextCursor !== null && !output.json) output.remark(`There are more: --cursor ${page.nextCursor}`)
    return EXIT.done
  },
}
