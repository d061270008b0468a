import type { SurveyPart } from '../../ports/chains.ts'
import { surveyInOrder } from './chain-order.ts'
import { fingerprints, orderedFingerprints, suspects } from './chain-sql.ts'
import type { SurveyOptions } from './survey-options.ts'
import { BY_INDEX, byScan } from './chain-settings.ts'
import type { Row, Statement } from '../outbox-sql/statement.ts'

/** Suspicious chains handed on at a time. */
const SUSPICIOUS_BATCH = 1_000
/** With fewer messages a chain, as statistics have it, grouping by hash costs more than an ordered pass. */
const MESSAGES_PER_CHAIN_MIN = 8
/** A snapshot keeps what others delete from being cleared away: one statement should last some ten seconds at most. */
const ONE_STATEMENT_MESSAGES_MAX = 50_000_000

export async function surveyChains(options: SurveyOptions): Promise<void> {
  const { layout, pace } = options
  if (layout.reading === 'scan') await surveyTable(options, byScan(pace.workers))
  else if (isOneStatement(options)) await surveyTable(options, BY_INDEX)
  else await surveyInOrder(options)
}

/** Without a rest between them, one statement saves what it costs to begin each where the last one ended. */
function isOneStatement({ layout: { messagesEstimate }, pace }: SurveyOptions): boolean {
  return (
    pace.workers === 1 &&
    pace.pauseMs === 0 &&
    messagesEstimate !== null &&
    messagesEstimate <= ONE_STATEMENT_MESSAGES_MAX
  )
}

async function surveyTable(
  { names, layout, pace, seed, take, lines, signal }: SurveyOptions,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const where = `${names.key} is not null`
  const { messagesEstimate, chainsEstimate, reading } = layout
  const short =
    reading === 'scan' &&
    messagesEstimate !== null &&
    chainsEstimate !== null &&
    messagesEstimate < chainsEstimate * MESSAGES_PER_CHAIN_MIN
  const statement: Statement = short
    ? { text: suspects(orderedFingerprints(names, where)), values: [] }
    : { text: suspects(fingerprints(names, '$1::bigint', where)), values: [seed] }
  const read = { timeoutMs: pace.statementMs, settings, signal }
  await lines.use(signal, (connection) => collect(take, (row) => connection.stream(statement, read, row)))
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
