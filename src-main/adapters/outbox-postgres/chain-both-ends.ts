import { SUSPICIOUS_NAMED_MAX } from '../../domain/audit.ts'
import type { SurveyPart } from '../../ports/chains.ts'
import { towards } from './chain-order.ts'
import type { Direction } from './chain-order.ts'
import { IN_ORDER, inOrder } from './chain-settings.ts'
import { fingerprints, suspectsOfPart, toPart } from './chain-sql.ts'
import type { SurveyOptions } from './survey-options.ts'
import { together } from './together.ts'

/**
 * Of the chains that the statistics tell of, so many from each end. They are off by some: what lies between is read
 * afterwards, and what both have read is counted once.
 */
const FROM_EACH_END = 0.49
/** Of fewer chains there is little to part. */
const CHAINS_MIN = 8

/** Keys between which nothing was read. */
export interface Between {
  readonly after: string
  readonly before: string
}

interface End {
  readonly part: SurveyPart
  /** Null: there are no chains. */
  readonly last: string | null
}

/** The statistics tell how many chains are about half of the messages. */
export function canPartByCount({ layout: { chainsEstimate, chainsAreEven } }: SurveyOptions): boolean {
  return chainsAreEven && (chainsEstimate ?? 0) >= CHAINS_MIN
}

/**
 * Two connections read from the ends of the index towards each other, each so many chains. No key is compared with a bound, which
 * takes a seventh of the time where keys are text. Resolves to what is left between; null: nothing.
 */
export async function surveyFromBothEnds(options: SurveyOptions): Promise<Between | null> {
  const limit = Math.floor((options.layout.chainsEstimate ?? 0) * FROM_EACH_END)
  const ends: End[] = []
  const read = (direction: Direction) => async (signal: AbortSignal) => {
    ends[direction === 'up' ? 0 : 1] = await surveyEnd({ ...options, signal }, direction, limit)
  }
  await together([read('up'), read('down')], options.signal)
  const [up, down] = ends
  if (up === undefined || down === undefined) throw new Error('an end of the index was not read')
  if (up.last === null || down.last === null) {
    options.take(up.part)
    return null
  }
  const twice = await readTwice(options, { from: down.last, to: up.last })
  options.take({
    messages: up.part.messages + down.part.messages - twice.messages,
    chains: up.part.chains + down.part.chains - twice.chains,
    suspicious: [...new Set([...up.part.suspicious, ...down.part.suspicious])],
    unnamed: up.part.unnamed + down.part.unnamed,
  })
  return twice.chains > 0 ? null : { after: up.last, before: down.last }
}

async function surveyEnd(
  { names, layout, pace, seed, lines, signal }: SurveyOptions,
  direction: Direction,
  limit: number,
): Promise<End> {
  const { order, last } = towards(names, direction)
  const where = layout.allHaveKeys ? 'true' : `${names.key} is not null`
  const groups = `${fingerprints(names, '$1::bigint', where)} ${order}`
  const text = suspectsOfPart(groups, { namedMax: SUSPICIOUS_NAMED_MAX, last })
  const settings = inOrder((layout.messagesEstimate ?? 0) * FROM_EACH_END)
  const read = { timeoutMs: pace.statementMs, settings, signal }
  return lines.use(signal, async (connection) => {
    const [row = {}] = await connection.rows({ text, values: [seed, String(limit)] }, read)
    return { part: toPart(row), last: row['last'] ?? null }
  })
}

/** Nothing where the ends have not met: then the first key is behind the last. */
async function readTwice(
  { names: { table, key, keyType }, pace, lines, signal }: SurveyOptions,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Pick<SurveyPart, 'messages' | 'chains'>> {
  const text =
    `select count(*) as chains, coalesce(sum(n), 0) as messages from (select count(*) as n from ${table} t ` +
    `where ${key} >= $1::${keyType} and ${key} <= $2::${keyType} group by ${key}) f`
  const read = { timeoutMs: pace.statementMs, settings: IN_ORDER, signal }
  return lines.use(signal, async (connection) => {
    const [row = {}] = await connection.rows({ text, values: [from, to] }, read)
    return { messages: Number(row['messages'] ?? 0), chains: Number(row['chains'] ?? 0) }
  })
}
