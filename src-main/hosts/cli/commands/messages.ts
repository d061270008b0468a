import { PAGE_LIMIT_MAX } from '../../../../src-preload/contract/messages.ts'
import type { MaskedContent, Message, MessageList, Scope } from '../../../../src-preload/contract/messages.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { filterOf, filterOptions } from '../filter.ts'
import { sourceOption, unmaskOption } from '../options.ts'
import { sayEvidence } from '../say-evidence.ts'
import { readableId } from '../../../domain/readable-id.ts'
import type { Column } from '../table.ts'

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 1_000_000

const columns: readonly Column<Message>[] = [
  { title: 'ID', cell: (row) => readableId(row.id) },
  { title: 'MESSAGE ID', cell: (row) => row.messageId, widthMax: 40 },
  { title: 'STATE', cell: (row) => row.state },
  { title: 'TROUBLE', cell: (row) => row.trouble },
  { title: 'TRIES', cell: (row) => tries(row), align: 'right' },
  { title: 'TYPE', cell: (row) => row.type, widthMax: 30 },
  { title: 'DESTINATION', cell: (row) => place(row), widthMax: 40 },
  { title: 'CREATED', cell: (row) => row.createdAt },
  { title: 'LAST ERROR', cell: (row) => row.lastError, widthMax: 80 },
]

function place({ destination }: Pick<Message, 'destination'>): string | null {
  return destination === null ? null : `${destination.exchange}/${destination.routingKey}`
}

function tries({ attempts, attemptsMax }: Message): string | null {
  if (attempts === null) return null
  return attemptsMax === null ? String(attempts) : `${attempts}/${attemptsMax}`
}

export const messagesList: Command = {
  words: ['messages', 'list'],
  summary: 'Messages of an outbox, one page',
  operands: [],
  options: {
    source: sourceOption,
    ...filterOptions,
    order: { kind: 'text', value: 'oldest|newest', help: 'oldest first unless said otherwise' },
    limit: { kind: 'text', value: 'N', help: `messages to list (${LIMIT_DEFAULT})` },
    cursor: { kind: 'text', value: 'C', help: 'go on where the last list ended' },
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const filter = filterOf(args)
    const order = args.choice('order', ['oldest', 'newest']) ?? 'oldest'
    let left = args.integer('limit', { min: 1, max: LIMIT_MAX }) ?? LIMIT_DEFAULT
    let cursor = args.text('cursor')
    const client = await engine()
    const found: Message[] = []
    let page: MessageList
    do {
      const limit = Math.min(left, PAGE_LIMIT_MAX)
      page = await client.messages.list({ source, filter, order, cursor, limit }, { signal })
      if (output.json) output.list(page.messages, columns)
      else found.push(...page.messages)
      left -= page.messages.length
      cursor = page.nextCursor
      // A page that ran out of time is reported as it is, never read on silently.
    } while (left > 0 && cursor !== null && page.scope.complete && !output.closed())

    if (!output.json) output.list(found, columns)
    if (cursor !== null || !page.scope.complete) output.record(pageRecord(page))
    if (!page.scope.complete) output.remark(incomplete(page.scope, page.looked))
    else if (cursor !== null && !output.json) output.remark(`There are more: --cursor ${cursor}`)
    return EXIT.done
  },
}

function pageRecord({ nextCursor, scope, looked }: MessageList) {
  return { type: 'page', nextCursor, scope, ...(looked === undefined ? {} : { looked }) } as const
}

function incomplete(scope: Extract<Scope, { complete: false }>, looked: MessageList['looked']): string {
  if (looked !== undefined) {
    const about = looked.ofAbout === null ? '' : ` of about ${looked.ofAbout}`
    return `This list is not complete: looked through ${looked.rows}${about} rows so far. Go on with --cursor, or narrow the filter.`
  }
  const reached = scope.scannedToId === null ? 'before the first row' : `at row ${scope.scannedToId}`
  return `This list is not complete: the time for the query ran out ${reached}. Go on with --cursor, or narrow the filter.`
}

export const messagesShow: Command = {
  words: ['messages', 'show'],
  summary: 'One message with payload, headers and everything Redrive did with it',
  operands: [],
  options: {
    source: sourceOption,
    id: { kind: 'text', value: 'ID', help: 'row id, as --json prints it' },
    unmask: unmaskOption,
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const id = args.required('id')
    const client = await engine()
    const reason = args.text('unmask')
    const message =
      reason === null
        ? await client.messages.get({ source, id }, { signal })
        : await client.messages.unmask({ source, id, reason }, { signal })
    const evidence = await client.messages.evidence({ source, id }, { signal })
    const { payload, headers, masked, deeds, notes, assignment, chain, ...plain } = message
    output.object(
      { ...message, evidence },
      {
        ...plain,
        id: readableId(message.id),
        destination: place(message),
        chain: chain === null ? null : `${chain.key} after ${chain.previousId ?? 'nothing'}`,
        evidence: sayEvidence(evidence),
        assignee: assignment?.assignee ?? null,
        headers,
        payload,
      },
    )
    if (masked !== null) output.remark(sayMasked(masked))
    if (output.json) return EXIT.done
    for (const { at, author, text } of notes) output.line(`${at} ${author}: ${text}`)
    if (deeds.length === 0) return EXIT.done
    output.line('')
    output.list(deeds, [
      { title: 'AT', cell: (deed) => deed.at },
      { title: 'WHAT', cell: (deed) => deed.kind },
      { title: 'BY', cell: (deed) => deed.operator },
      { title: 'RESULT', cell: (deed) => deed.result },
      { title: 'SUBJECT', cell: (deed) => deed.subject },
      { title: 'REASON', cell: (deed) => deed.reason ?? deed.code, widthMax: 100 },
    ])
    return EXIT.done
  },
}

function sayMasked({ fields, whole }: NonNullable<MaskedContent>): string {
  const what = whole ? 'The payload is' : fields === 1 ? '1 field is' : `${fields} fields are`
  return `${what} masked by rule; --unmask REASON shows it, and the journal says why.`
}
