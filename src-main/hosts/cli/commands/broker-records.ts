import { FOUND_MAX, SCANNED_MAX, searchPlaces } from '../../../../src-preload/contract/brokers.ts'
import type {
  Reading,
  RecordDetail,
  RecordRange,
  ShownBytes,
} from '../../../../src-preload/contract/brokers.ts'
import { RedriveError } from '../../../domain/errors.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const LIMIT_DEFAULT = 100
const PARTITION_MAX = 2_147_483_647
/** Kafka counts in 64 bits with a sign. */
const OFFSET = /^\d{1,18}$/
/** How often a person hears how far it is. */
const SAY_EVERY_MS = 2_000

export const brokersRecords: Command = {
  words: ['brokers', 'records'],
  summary: 'Reads records of a topic of Kafka or a stream of RabbitMQ; joins no group, commits nothing',
  operands: [],
  options: {
    broker: { kind: 'text', value: 'NAME', help: 'broker in the workspace' },
    topic: { kind: 'text', value: 'NAME', help: 'topic or stream to read' },
    partition: { kind: 'text', value: 'N', help: 'one partition (all)' },
    from: { kind: 'text', value: 'OFFSET', help: 'from this offset on' },
    to: { kind: 'text', value: 'OFFSET', help: 'with --from: up to and without this offset' },
    since: { kind: 'text', value: 'TIME', help: 'from the first record that is not older' },
    until: { kind: 'text', value: 'TIME', help: 'with --since: up to the first record that is not older' },
    tail: { kind: 'text', value: 'N', help: 'the newest N' },
    search: { kind: 'text', value: 'TEXT', help: 'only those that hold it; of a header also name=text' },
    in: { kind: 'text', value: 'WHERE', help: `with --search: ${searchPlaces.join(', ')}` },
    limit: { kind: 'text', value: 'N', help: `records to show (${LIMIT_DEFAULT}, at most ${FOUND_MAX})` },
  },
  async run(context) {
    const { args, output, signal } = context
    const request = requestOf(args)
    const client = await context.engine()
    const started = await client.brokers.read(request, { signal })
    const reading = await followed(context, client, started)
    const { records } = await client.brokers.records({ reading: reading.reading })
    const details: RecordDetail[] = []
    for (const { partition, offset } of records)
      details.push(await client.brokers.record({ reading: reading.reading, partition, offset }))
    output.list(details, [
      { title: 'PARTITION', cell: (row) => row.partition, align: 'right' },
      { title: 'OFFSET', cell: (row) => row.offset, align: 'right' },
      { title: 'TIME', cell: (row) => row.at },
      { title: 'KEY', cell: (row) => said(row.key) },
      {
        title: 'HEADERS',
        cell: (row) => row.headers.map(({ name, value }) => `${name}=${said(value) ?? 'null'}`).join(' '),
      },
      { title: 'PAYLOAD', cell: (row) => said(row.payload) },
    ])
    return ending(context, reading)
  },
}

function requestOf(args: Arguments) {
  const text = args.text('search')
  const place = args.choice('in', searchPlaces)
  if (place !== null && text === null) throw usageError('--in needs --search.')
  const range = rangeOf(args)
  const limit = args.integer('limit', { min: 1, max: FOUND_MAX })
  if (range.kind === 'tail' && text === null && range.records > FOUND_MAX)
    throw usageError(`--tail shows at most ${FOUND_MAX} records; with --search it goes through more.`)
  const whole = range.kind === 'tail' && text === null ? range.records : LIMIT_DEFAULT
  return {
    broker: args.required('broker'),
    topic: args.required('topic'),
    partition: args.integer('partition', { min: 0, max: PARTITION_MAX }),
    range,
    search: text === null ? null : { text, place: place ?? ('anywhere' as const) },
    limit: limit ?? whole,
  }
}

function rangeOf(args: Arguments): RecordRange {
  const [from, since] = [args.text('from'), args.text('since')]
  const tail = args.integer('tail', { min: 1, max: SCANNED_MAX })
  if (Number(from !== null) + Number(since !== null) + Number(tail !== null) !== 1)
    throw usageError('Say where to read: --from OFFSET, --since TIME or --tail N, and only one of them.')
  const [to, until] = [args.text('to'), args.text('until')]
  if (to !== null && from === null) throw usageError('--to needs --from.')
  if (until !== null && since === null) throw usageError('--until needs --since.')
  if (from !== null)
    return { kind: 'offsets', from: offsetOf('from', from), to: to === null ? null : offsetOf('to', to) }
  if (since !== null)
    return {
      kind: 'times',
      since: timeOf('since', since),
      until: until === null ? null : timeOf('until', until),
    }
  return { kind: 'tail', records: tail ?? LIMIT_DEFAULT }
}

function offsetOf(name: string, text: string): string {
  if (!OFFSET.test(text)) throw usageError(`--${name} takes an offset, not "${text}".`)
  return text
}

function timeOf(name: string, text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw usageError(`--${name} takes a time such as 2026-11-21T10:00:00Z, not "${text}".`)
  return new Date(at).toISOString()
}

/** Until it has ended; an interrupt ends it and keeps what was found. */
async function followed(
  { output, signal }: CommandContext,
  client: EngineClient,
  started: Reading,
): Promise<Reading> {
  const id = { reading: started.reading }
  const cancel = (): void => void client.brokers.cancel(id)
  signal.addEventListener('abort', cancel, { once: true })
  let last = started
  let saidAt = Date.now()
  try {
    for await (last of await client.brokers.follow(id)) {
      if (output.json || Date.now() - saidAt < SAY_EVERY_MS) continue
      saidAt = Date.now()
      output.remark(`Scanned ${grouped(last.scanned)} of ${grouped(last.total)}, ${last.found} found.`)
    }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  return last
}

const ENDS: Readonly<Record<NonNullable<Reading['ended']>, string>> = {
  complete: 'everything of the range was seen',
  'end-moving': 'there are more: records came faster than the end could be told',
  'found-limit': 'there may be more: --limit was reached',
  'scan-limit': 'there may be more: one reading passes no more than this',
  'bytes-limit': 'there may be more: what was found is large',
  'time-limit': 'there may be more: it took too long',
  cancelled: 'cancelled: there may be more',
}

function ending({ output }: CommandContext, reading: Reading) {
  const { ended, error, scanned, total, found } = reading
  if (error !== null) throw new RedriveError(error.code, error.retry, error.detail)
  const complete = ended === 'complete'
  output.record({ type: 'summary', scanned, total, found, ended, complete })
  output.remark(
    `Scanned ${grouped(scanned)} of ${grouped(total)}, ${found} found; ${ENDS[ended ?? 'cancelled']}.`,
  )
  return ended === 'cancelled' ? EXIT.failed : EXIT.done
}

function grouped(count: number): string {
  return count.toLocaleString('en')
}

/** Text where it is one, else hex. */
function said(bytes: ShownBytes): string | null {
  return bytes === null ? null : (bytes.text ?? `0x${bytes.hex}`)
}
