import { SUSPICIOUS_NAMED_MAX } from '../../domain/audit.ts'
import type { SurveyPart } from '../../ports/chains.ts'
import type { ReadOptions } from './chain-connection.ts'
import { surveyInOrder } from './chain-order.ts'
import { fingerprints, sortedFingerprints, suspects, suspectsOfPart, toPart } from './chain-sql.ts'
import type { Groups } from './chain-sql.ts'
import type { SurveyOptions } from './survey-options.ts'
import { BY_INDEX, IN_ORDER, bySort, byScan } from './chain-settings.ts'
import type { Row, SqlValue } from '../outbox-sql/statement.ts'

/** Suspicious chains handed on at a time. */
const SUSPICIOUS_BATCH = 1_000
/** With fewer messages a chain, as statistics have it, grouping by hash costs more than sorting. */
const MESSAGES_PER_CHAIN_MIN = 8
/** A snapshot keeps what others delete from being cleared away: one statement should last some ten seconds at most. */
const AT_ONCE_MESSAGES_MAX = 50_000_000

export async function surveyChains(options: SurveyOptions): Promise<void> {
  const { layout, names, pace } = options
  if (layout.reading === 'scan') {
    const where = `${names.key} is not null`
    const [groups, first] = areShort(options)
      ? ([sortedFingerprints, bySort()] as const)
      : ([fingerprints, byScan(pace.workers)] as const)
    await surveyAtOnce(options, [{ where, bound: [], groups, first, again: byScan(pace.workers) }])
  } else if (isAtOnce(options)) await surveyAtOnce(options, [...halvesOf(options)])
  else await surveyInOrder(options)
}

function areShort({ layout: { messagesEstimate, chainsEstimate } }: SurveyOptions): boolean {
  return (
    messagesEstimate !== null &&
    chainsEstimate !== null &&
    messagesEstimate < chainsEstimate * MESSAGES_PER_CHAIN_MIN
  )
}

/** Without a rest between them, few statements save what it costs to begin each where the last one ended. */
function isAtOnce({ layout: { messagesEstimate }, pace }: SurveyOptions): boolean {
  return pace.pauseMs === 0 && messagesEstimate !== null && messagesEstimate <= AT_ONCE_MESSAGES_MAX
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

/** For one connection all, for two what is below and above the middle, as statistics have it: one bound each. */
function halvesOf({ names, layout, pace }: SurveyOptions): readonly Stretch[] {
  const { key, keyType } = names
  const along = { groups: fingerprints, first: IN_ORDER, again: BY_INDEX }
  const middle = layout.bounds[Math.floor(layout.bounds.length / 2)]
  if (pace.workers === 1 || middle === undefined) {
    // The server asks every entry of the index. Where there seems to be nothing to leave out, it need not.
    return [{ where: layout.allHaveKeys ? 'true' : `${key} is not null`, bound: [], ...along }]
  }
  return ['<', '>='].map((side) => ({ where: `${key} ${side} $2::${keyType}`, bound: [middle], ...along }))
}

async function surveyAtOnce(options: SurveyOptions, stretches: readonly Stretch[]): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const failures: unknown[] = []
  const survey = async (stretch: Stretch): Promise<void> => {
    try {
      await surveyStretch({ ...options, signal }, stretch)
    } catch (error) {
      failures.push(error)
      stop.abort()
    }
  }
  await Promise.all(stretches.map(survey))
  if (failures.length > 0) throw failures[0]
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
