import { SUSPICIOUS_NAMED_MAX } from '../../domain/audit.ts'
import type { SurveyPart } from '../../ports/chains.ts'
import type { ReadOptions } from './chain-connection.ts'
import { canPartByCount, surveyFromBothEnds } from './chain-both-ends.ts'
import type { Between } from './chain-both-ends.ts'
import { surveyInOrder } from './chain-order.ts'
import { fingerprints, sortedFingerprints, suspects, suspectsOfPart, toPart } from './chain-sql.ts'
import type { Groups } from './chain-sql.ts'
import type { SurveyOptions } from './survey-options.ts'
import { together } from './together.ts'
import { BY_INDEX, byScan, bySort, inOrder } from './chain-settings.ts'
import type { Row, SqlValue } from '../outbox-sql/statement.ts'

/** Suspicious chains handed on at a time. */
const SUSPICIOUS_BATCH = 1_000
/** With fewer messages a chain, as statistics have it, grouping by hash costs more than sorting. */
const MESSAGES_PER_CHAIN_MIN = 8
/** A snapshot keeps what others delete from being cleared away: one statement should last some ten seconds at most. */
const AT_ONCE_MESSAGES_MAX = 50_000_000

/** Statistics are off by some: more chains than they say must not make a statement begin anew. */
const ESTIMATE_SLACK = 1.25

export async function surveyChains(options: SurveyOptions): Promise<void> {
  if (options.layout.reading === 'scan') await surveyAtOnce(options, scansOf(options))
  else if (!isAtOnce(options)) await surveyInOrder(options)
  else if (options.pace.workers === 1) await surveyAtOnce(options, [wholeIndex(options)])
  else await surveyByTwo(options)
}

function areShort({ layout: { messagesEstimate, chainsEstimate } }: SurveyOptions): boolean {
  return (
    messagesEstimate !== null &&
    chainsEstimate !== null &&
    messagesEstimate < chainsEstimate * MESSAGES_PER_CHAIN_MIN
  )
}

/** Without a rest between them, few statements save what it costs to begin each where the last one ended. */
function isAtOnce(options: SurveyOptions): boolean {
  const { messagesEstimate } = options.layout
  const { pauseMs, workers } = options.pace
  const isSmall = messagesEstimate !== null && messagesEstimate <= AT_ONCE_MESSAGES_MAX
  return pauseMs === 0 && isSmall && statementsFor(options) <= workers
}

/** Statements that all chains need, so that the server never holds too many keys. */
function statementsFor({ layout: { chainsEstimate }, heldChainsMax }: SurveyOptions): number {
  return Math.max(1, Math.ceil(((chainsEstimate ?? 0) * ESTIMATE_SLACK) / heldChainsMax))
}

/** What one statement reads. */
interface Stretch {
  readonly where: string
  /** Values of `where`, from $2 on. */
  readonly bound: readonly SqlValue[]
  readonly groups: Groups
  readonly first: Readonly<Record<string, string>>
  /** Where there were more chains than the server should hold. */
  readonly again: Readonly<Record<string, string>>
}

/**
 * Long chains are grouped by one statement, which several processes of the server share. Short ones are sorted, and what
 * several have sorted must still pass through one: so two statements read the table, each the chains of its own hashes.
 */
function scansOf(options: SurveyOptions): readonly Stretch[] {
  const { names, pace } = options
  const where = `${names.key} is not null`
  const again = byScan(pace.workers)
  if (!areShort(options)) return [{ where, bound: [], groups: fingerprints, first: again, again }]
  const parts = Math.max(pace.workers, statementsFor(options))
  const ofPart = (part: number): string =>
    parts === 1 ? where : `${where} and abs(hashtext(${names.key}::text)::bigint) % ${parts} = ${part}`
  const sorted = { bound: [], groups: sortedFingerprints, first: bySort(), again }
  return Array.from({ length: parts }, (_, part) => ({ where: ofPart(part), ...sorted }))
}

function wholeIndex(options: SurveyOptions): Stretch {
  const { names, layout } = options
  // The server asks every entry of the index. Where there seems to be nothing to leave out, it need not.
  const where = layout.allHaveKeys ? [] : [`${names.key} is not null`]
  return alongIndex({ where, bound: [], messages: layout.messagesEstimate ?? 0 })
}

/** From both ends where the number of chains tells the middle; else what is below and above it, as statistics have it. */
async function surveyByTwo(options: SurveyOptions): Promise<void> {
  // Of short chains the statistics see too few twice to tell how many there are.
  if (areShort(options) || !canPartByCount(options)) return surveyAtOnce(options, halves(options, null))
  const between = await surveyFromBothEnds(options)
  if (between !== null) await surveyAtOnce(options, halves(options, between))
}

function halves(options: SurveyOptions, between: Between | null): readonly Stretch[] {
  const { names, layout } = options
  const { key, keyType } = names
  const inside = between === null ? [] : [between.after, between.before]
  const within = between === null ? [] : [`${key} > $2::${keyType}`, `${key} < $3::${keyType}`]
  // Little is left between the ends, unless the statistics were far off.
  const messages = between === null ? (layout.messagesEstimate ?? 0) / 2 : 0
  const middle = layout.bounds[Math.floor(layout.bounds.length / 2)]
  if (middle === undefined)
    return [between === null ? wholeIndex(options) : alongIndex({ where: within, bound: inside, messages })]
  return ['<', '>='].map((side) => {
    const where = [...within, `${key} ${side} $${inside.length + 2}::${keyType}`]
    return alongIndex({ where, bound: [...inside, middle], messages })
  })
}

interface Along {
  readonly where: readonly string[]
  readonly bound: readonly SqlValue[]
  /** About. */
  readonly messages: number
}

function alongIndex({ where, bound, messages }: Along): Stretch {
  const condition = where.length === 0 ? 'true' : where.join(' and ')
  return { where: condition, bound, groups: fingerprints, first: inOrder(messages), again: BY_INDEX }
}

function surveyAtOnce(options: SurveyOptions, stretches: readonly Stretch[]): Promise<void> {
  const surveys = stretches.map(
    (stretch) => (signal: AbortSignal) => surveyStretch({ ...options, signal }, stretch),
  )
  return together(surveys, options.signal)
}

async function surveyStretch(options: SurveyOptions, stretch: Stretch): Promise<void> {
  const { names, pace, seed, take, lines, signal, heldChainsMax } = options
  const { where, bound, groups, first, again } = stretch
  const values = [seed, ...bound]
  const timed = { timeoutMs: pace.statementMs, signal }
  await lines.use(signal, async (connection) => {
    const limited = `${groups(names, '$1::bigint', where)} limit ${heldChainsMax}`
    const text = suspectsOfPart(limited, { namedMax: SUSPICIOUS_NAMED_MAX, last: 'null' })
    const [row = {}] = await connection.rows({ text, values }, { ...timed, settings: first })
    const part = toPart(row)
    // Messages without a chain may make one group more.
    if (part.chains < heldChainsMax - 1) return take(part)
    const all = { text: suspects(fingerprints(names, '$1::bigint', where)), values }
    const read: ReadOptions = { ...timed, settings: again }
    await collect(take, (each) => connection.stream(all, read, each))
  })
}

/** Rows of `suspects` in parts that are never large. */
async function collect(
  take: (part: SurveyPart) => void,
  read: (row: (row: Row) => void) => Promise<void>,
): Promise<void> {
  let part = { messages: 0, chains: 0, suspicious: [] as string[], unnamed: 0 }
  await read((row) => {
    part.messages += Number(row['messages'] ?? 0)
    part.chains += Number(row['chains'] ?? 0)
    const key = row['k'] ?? null
    if (key !== null) part.suspicious.push(key)
    if (part.suspicious.length < SUSPICIOUS_BATCH) return
    take(part)
    part = { messages: 0, chains: 0, suspicious: [], unnamed: 0 }
  })
  take(part)
}
