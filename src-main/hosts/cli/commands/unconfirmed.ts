import type {
  AskResult,
  ParkedRecord,
  UnconfirmedMessage,
} from '../../../../src-preload/contract/callback.ts'
import { readableId } from '../../../domain/readable-id.ts'
import { usageError } from '../../common/failure.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { countOption, idsOption, reasonOption, sourceOption, typedCount, unlock } from '../options.ts'
import type { Column } from '../table.ts'

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 1_000
const PARKED_LIMIT_MAX = 200

const columns: readonly Column<UnconfirmedMessage>[] = [
  { title: 'ID', cell: ({ message }) => readableId(message.id) },
  { title: 'MESSAGE ID', cell: ({ message }) => message.messageId, widthMax: 40 },
  { title: 'TYPE', cell: ({ message }) => message.type, widthMax: 30 },
  { title: 'AGE', cell: ({ ageSec }) => (ageSec === null ? null : `${ageSec} s`), align: 'right' },
  { title: 'ASKED', cell: ({ resends }) => asked(resends), align: 'right' },
  { title: 'LAST ANSWER', cell: ({ resends }) => lastAnswer(resends) },
]

function asked(resends: UnconfirmedMessage['resends']): number {
  return resends.filter(({ outcome }) => outcome !== 'not-needed' && outcome !== 'not-asked').length
}

function lastAnswer(resends: UnconfirmedMessage['resends']): string | null {
  const last = resends.at(-1)
  return last === undefined ? null : (last.outcome ?? 'unknown')
}

export const unconfirmedList: Command = {
  words: ['unconfirmed', 'list'],
  summary: 'Sent messages that their receiver has not confirmed though it had the time to',
  operands: [],
  options: {
    source: sourceOption,
    limit: { kind: 'text', value: 'N', help: `messages to find (${LIMIT_DEFAULT})` },
    cursor: { kind: 'text', value: 'C', help: 'go on where the last list ended' },
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const limit = args.integer('limit', { min: 1, max: LIMIT_MAX }) ?? LIMIT_DEFAULT
    const client = await engine()
    const request = { source, cursor: args.text('cursor'), limit }
    const page = await client.callback.unconfirmed(request, { signal })
    output.list(page.unconfirmed, columns)
    const { nextCursor, untold, compared, where, current, asOf } = page
    output.record({ type: 'page', nextCursor, untold, compared, where, current, asOf })
    for (const { reason, count } of untold) output.remark(`${count} of which nothing can be said: ${reason}`)
    if (!current)
      output.remark('The callback service is not running, or not caught up: some of these may be confirmed.')
    if (nextCursor !== null) output.remark(`Compared ${compared} sent messages; more: --cursor ${nextCursor}`)
    return page.unconfirmed.length > 0 || !current ? EXIT.attention : EXIT.done
  },
}

const resultColumns: readonly Column<AskResult>[] = [
  { title: 'ID', cell: ({ id }) => readableId(id) },
  { title: 'MESSAGE ID', cell: ({ messageId }) => messageId, widthMax: 40 },
  { title: 'ANSWER', cell: ({ outcome }) => outcome },
  { title: 'TIME', cell: ({ attempt }) => attempt, align: 'right' },
  { title: 'LEFT ALONE', cell: ({ left }) => left },
  { title: 'REASON', cell: ({ reason }) => reason, widthMax: 80 },
]

export const unconfirmedAsk: Command = {
  words: ['unconfirmed', 'ask'],
  summary: 'Asks the sender to resend messages that are not confirmed, three times each at most',
  operands: [],
  options: { source: sourceOption, id: idsOption, reason: reasonOption, count: countOption },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const ids = [...new Set(args.list('id'))]
    if (ids.length === 0) throw usageError('--id is missing.')
    const reason = args.required('reason')
    const client = await engine()
    await unlock(client, source, reason)
    const { results } = await client.callback.ask(
      { source, ids, reason, typedCount: typedCount(args) },
      { signal },
    )
    output.list(results, resultColumns)
    return results.every(({ outcome }) => outcome === 'accepted') ? EXIT.done : EXIT.attention
  },
}

const parkedColumns: readonly Column<ParkedRecord>[] = [
  { title: 'N', cell: ({ n }) => n, align: 'right' },
  { title: 'AT', cell: ({ at }) => at },
  { title: 'PLACE', cell: ({ place }) => place, widthMax: 60 },
  { title: 'WHY', cell: ({ reason }) => reason },
  { title: 'BYTES', cell: ({ bytes }) => bytes, align: 'right' },
  { title: 'BODY', cell: ({ body }) => body, widthMax: 60 },
]

export const unconfirmedParked: Command = {
  words: ['unconfirmed', 'parked'],
  summary: 'Records of which the callback service could not tell the message; newest first',
  operands: [],
  options: {
    source: sourceOption,
    limit: { kind: 'text', value: 'N', help: `records to list (${LIMIT_DEFAULT})` },
  },
  async run({ args, engine, output, signal }) {
    const source = args.required('source')
    const limit = args.integer('limit', { min: 1, max: PARKED_LIMIT_MAX }) ?? LIMIT_DEFAULT
    const client = await engine()
    const { parked } = await client.callback.parked({ source, before: null, limit }, { signal })
    output.list(parked, parkedColumns)
    return EXIT.done
  },
}
