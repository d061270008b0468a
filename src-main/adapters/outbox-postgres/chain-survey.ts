import { setTimeout as wait } from 'node:timers/promises'
import type { ChainPace, SurveyPart } from '../../ports/chains.ts'
import type { ChainConnection, ChainLines } from './chain-connection.ts'
import type { ChainLayout } from './chain-method.ts'
import { fingerprints, orderedFingerprints, suspects } from './chain-sql.ts'
import type { ChainNames } from './chain-sql.ts'
import type { Row, SqlValue, Statement } from '../outbox-sql/statement.ts'

/** Suspicious chains handed on at a time. */
const SUSPICIOUS_BATCH = 1_000
/** More than this only helps sorts that do not fit anyway, and makes the others slower. */
export const WORK_MEM = '64MB'
/** With fewer messages a chain, as statistics have it, grouping by hash costs more than an ordered pass. */
const MESSAGES_PER_CHAIN_MIN = 8

/** An index-only range must not become a scan of the table for each range. */
export const BY_INDEX: Readonly<Record<string, string>> = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  max_parallel_workers_per_gather: '0',
  work_mem: WORK_MEM,
  jit: 'off',
}

export function byScan(workers: 1 | 2): Readonly<Record<string, string>> {
  return {
    // The one that gathers works too.
    max_parallel_workers_per_gather: workers === 2 ? '2' : '0',
    work_mem: WORK_MEM,
    jit: 'off',
  }
}

export interface SurveyOptions {
  readonly names: ChainNames
  readonly layout: ChainLayout
  readonly pace: ChainPace
  readonly seed: string
  readonly lines: ChainLines
  readonly take: (part: SurveyPart) => void
  readonly signal: AbortSignal
}

export async function surveyChains(options: SurveyOptions): Promise<void> {
  if (options.layout.reading === 'index') await surveyRanges(options)
  else await surveyTable(options)
}

/** Ranges of keys one after another, by as many connections as the pace allows. */
async function surveyRanges(options: SurveyOptions): Promise<void> {
  const { names, layout, pace, seed, take, lines, signal } = options
  const ranges = rangesOf(names, layout.bounds)
  let next = 0
  let failed = false
  const work = async (connection: ChainConnection): Promise<void> => {
    try {
      for (let range = ranges[next++]; range !== undefined && !failed; range = ranges[next++]) {
        const values = [...range.values, seed]
        const inner = fingerprints(names, `$${values.length}::bigint`, range.where)
        const read = { timeoutMs: pace.statementMs, settings: BY_INDEX, signal }
        await collect(take, (row) => connection.stream({ text: suspects(inner), values }, read, row))
        if (pace.pauseMs > 0) await wait(pace.pauseMs, undefined, { signal })
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const workers = Array.from({ length: pace.workers }, () => lines.use(signal, work))
  const ended = await Promise.allSettled(workers)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}

async function surveyTable(options: SurveyOptions): Promise<void> {
  const { names, layout, pace, seed, take, lines, signal } = options
  const where = `${names.key} is not null`
  const { messagesEstimate, chainsEstimate } = layout
  const short =
    messagesEstimate !== null &&
    chainsEstimate !== null &&
    messagesEstimate < chainsEstimate * MESSAGES_PER_CHAIN_MIN
  const statement: Statement = short
    ? { text: suspects(orderedFingerprints(names, where)), values: [] }
    : { text: suspects(fingerprints(names, '$1::bigint', where)), values: [seed] }
  const read = { timeoutMs: pace.statementMs, settings: byScan(pace.workers), signal }
  await lines.use(signal, (connection) => collect(take, (row) => connection.stream(statement, read, row)))
}

/** Rows of `suspects` in parts that are never large. */
async function collect(
  take: (part: SurveyPart) => void,
  read: (row: (row: Row) => void) => Promise<void>,
): Promise<void> {
  let part = { messages: 0, chains: 0, suspicious: [] as string[] }
  await read((row) => {
    part.messages += Number(row['messages'] ?? 0)
    part.chains += Number(row['chains'] ?? 0)
    const key = row['k'] ?? null
    if (key !== null) part.suspicious.push(key)
    if (part.suspicious.length < SUSPICIOUS_BATCH) return
    take(part)
    part = { messages: 0, chains: 0, suspicious: [] }
  })
  take(part)
}

interface KeyRange {
  readonly where: string
  readonly values: readonly SqlValue[]
}

function rangesOf({ key, keyType }: ChainNames, bounds: readonly string[]): readonly KeyRange[] {
  const last = bounds.at(-1)
  if (last === undefined) return [{ where: `${key} is not null`, values: [] }]
  const ranges = bounds.map((to, at): KeyRange => {
    const from = bounds[at - 1]
    if (from === undefined) return { where: `${key} <= $1::${keyType}`, values: [to] }
    return { where: `${key} > $1::${keyType} and ${key} <= $2::${keyType}`, values: [from, to] }
  })
  return [...ranges, { where: `${key} > $1::${keyType}`, values: [last] }]
}
