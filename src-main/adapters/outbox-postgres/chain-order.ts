import { SUSPICIOUS_NAMED_MAX } from '../../domain/audit.ts'
import type { ChainConnection } from './chain-connection.ts'
import type { ChainLayout } from './chain-method.ts'
import { IN_ORDER } from './chain-settings.ts'
import { fingerprints, keyAtEnd, suspectsOfPart, toPart } from './chain-sql.ts'
import type { ChainNames } from './chain-sql.ts'
import type { SurveyOptions } from './survey-options.ts'

/** Messages of one statement, about: a tenth of a second or two, so that what a statement costs by itself does not count. */
const MESSAGES_A_STATEMENT = 1_000_000
/** Statistics may be wrong about the number of chains: until it was seen, no more of them than this. */
const CHAINS_FIRST_MAX = 1_000
/** From one statement to the next the number of chains grows by so much at most. */
const GROWTH_MAX = 8
export type Direction = 'up' | 'down'

/** From a key on, in one direction to the end of the index. */
interface Stretch {
  /** Null: from the very first key. */
  readonly from: string | null
  readonly beginsWith: boolean
  readonly direction: Direction
}

/**
 * Chains in the order of the index, so many a statement, each statement from where the last one ended. A bound is compared
 * with every entry, by the rules of a language where the key is text, which costs as much as the rest of the reading: so
 * there is one and never two, and two connections part in the middle and go to the ends.
 */
export async function surveyInOrder(options: SurveyOptions): Promise<void> {
  const { layout, pace, lines, signal } = options
  const waiting = [...stretchesOf(layout.bounds, pace.workers)]
  let failed = false
  const work = async (connection: ChainConnection): Promise<void> => {
    try {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        await surveyStretch(options, connection, one, () => failed)
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const workers = Array.from({ length: waiting.length }, () => lines.use(signal, work))
  const ended = await Promise.allSettled(workers)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}

async function surveyStretch(
  options: SurveyOptions,
  connection: ChainConnection,
  stretch: Stretch,
  stopped: () => boolean,
): Promise<void> {
  const { layout, pace, take, lines, signal } = options
  let limit = chainsAtFirst(layout)
  for (let at = stretch; !stopped();) {
    const statement = statementOf(options, at, limit)
    const read = { timeoutMs: pace.statementMs, settings: IN_ORDER, signal }
    const [row = {}] = await connection.rows(statement, read)
    const part = toPart(row)
    take(part)
    const last = row['last'] ?? null
    if (part.chains < limit || last === null) return
    at = { ...at, from: last, beginsWith: false }
    limit = chainsNext(limit, part.messages)
    await lines.rest(pace.pauseMs, signal)
  }
}

function chainsAtFirst({ messagesEstimate, chainsEstimate }: ChainLayout): number {
  if (messagesEstimate === null || chainsEstimate === null) return CHAINS_FIRST_MAX
  const each = messagesEstimate / Math.max(1, chainsEstimate)
  return clamp(MESSAGES_A_STATEMENT / Math.max(1, each), CHAINS_FIRST_MAX)
}

function chainsNext(chains: number, messages: number): number {
  return clamp((chains * MESSAGES_A_STATEMENT) / Math.max(1, messages), chains * GROWTH_MAX)
}

function clamp(value: number, most: number): number {
  return Math.max(1, Math.min(Math.round(value), most))
}

function stretchesOf(bounds: readonly string[], workers: 1 | 2): readonly Stretch[] {
  const middle = bounds[Math.floor(bounds.length / 2)]
  if (workers === 1 || middle === undefined) return [{ from: null, beginsWith: true, direction: 'up' }]
  return [
    { from: middle, beginsWith: true, direction: 'down' },
    { from: middle, beginsWith: false, direction: 'up' },
  ]
}

function statementOf(
  { names, seed }: SurveyOptions,
  { from, beginsWith, direction }: Stretch,
  limit: number,
) {
  const { key, keyType } = names
  const operator = `${direction === 'up' ? '>' : '<'}${beginsWith ? '=' : ''}`
  const where = from === null ? `${key} is not null` : `${key} ${operator} $3::${keyType}`
  const { order, last } = towards(names, direction)
  return {
    text: suspectsOfPart(`${fingerprints(names, '$1::bigint', where)} ${order}`, {
      namedMax: SUSPICIOUS_NAMED_MAX,
      last,
    }),
    values: [seed, String(limit), ...(from === null ? [] : [from])],
  }
}

/** Groups in this direction, $2 of them, and the key of the last. */
export function towards({ key, keyType }: ChainNames, direction: Direction) {
  const up = direction === 'up'
  return {
    order: `order by ${key} ${up ? 'asc' : 'desc'} limit $2::bigint`,
    last: keyAtEnd(keyType, 'k', up ? 'max' : 'min') ?? 'null',
  }
}
