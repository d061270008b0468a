import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { journalAction } from '../../../../src-preload/contract/journal.ts'
import type { JournalEntry } from '../../../../src-preload/contract/journal.ts'
import type { Command, EngineClient } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../../common/failure.ts'
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

export const journalVerify: Command = {
  words: ['journal', 'verify'],
  summary: 'Recomputes the hash chain of the journal: finds any change, deletion or reordering',
  operands: [],
  options: {},
  async run({ engine, output, signal }) {
    const client = await engine()
    const verdict = await client.journal.verify({}, { signal })
    output.object({ type: 'verdict', ...verdict }, verdict)
    if (verdict.intact) return EXIT.done
    output.remark(
      'The journal was changed outside Redrive. Keep a copy of the store; compare it with your last export.',
    )
    return EXIT.attention
  },
}

export const journalExport: Command = {
  words: ['journal', 'export'],
  summary: 'The whole journal, one JSON object a line with its hashes, the oldest first',
  operands: [],
  options: { out: { kind: 'text', value: 'FILE', help: 'a new file to write; standard output without it' } },
  async run({ args, engine, output }) {
    const out = args.text('out')
    const client = await engine()
    if (out === null) {
      for await (const entry of entries(client)) {
        if (output.closed()) break
        output.raw(JSON.stringify(entry))
      }
      return EXIT.done
    }
    let count = 0
    const lines = async function* (): AsyncGenerator<string> {
      for await (const entry of entries(client)) {
        count += 1
        yield `${JSON.stringify(entry)}\n`
      }
    }
    // An export is evidence: it never replaces one that exists.
    await pipeline(Readable.from(lines()), createWriteStream(out, { flags: 'wx' })).catch(
      (error: unknown) => {
        if (error instanceof Error && 'syscall' in error) {
          throw usageError(`The journal cannot be written to ${out} (${error.message}).`, { cause: error })
        }
        throw error
      },
    )
    output.object({ type: 'export', file: out, entries: count }, { file: out, entries: count })
    return EXIT.done
  },
}

async function* entries(client: EngineClient): AsyncGenerator<JournalEntry> {
  let cursor: number | null = null
  do {
    const page: { entries: JournalEntry[]; nextCursor: number | null } = await client.journal.list({
      order: 'oldest',
      cursor,
      limit: PAGE,
    })
    yield* page.entries
    cursor = page.nextCursor
  } while (cursor !== null)
}
