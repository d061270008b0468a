import type { ChainReader } from '../../src-main/ports/chains.ts'
import { auditPatience } from '../../src-main/app/audit/read-chains.ts'
import type { ChainsRead } from '../../src-main/app/audit/read-chains.ts'
import type { Fate, Traffic } from '../support/chain-traffic.ts'
import { startTraffic } from '../support/chain-traffic.ts'
import { freeShape, readerOf } from '../support/free-chains.ts'
import { dropDatabase, openDatabase, referenceSchema } from '../support/postgres-server.ts'
import { readAll } from '../support/read-chains.ts'
import type { BenchLine } from './bench-line.ts'

const DATABASE = 'redrive_bench_traffic'
/** An hour of fifty a second, as fast as the server takes them. */
const TRANSACTIONS = Number(process.env['REDRIVE_BENCH_TRAFFIC'] ?? 180_000)
const POLL_MS = 100
const COUNTERS_MS = 1_500
const IMPATIENT = { ...auditPatience, steadyMs: 50, holeMs: 300, countersMs: COUNTERS_MS }
const PATIENT = { ...auditPatience, countersMs: COUNTERS_MS }

/**
 * Audits without a pause beside services that draw numbers long before they commit, in any order, and roll back some:
 * whatever is called missing is so, and nothing is called lost.
 */
export async function benchTraffic(print: (line: string) => void): Promise<readonly BenchLine[]> {
  await dropDatabase(DATABASE)
  const database = await openDatabase(DATABASE, true)
  try {
    await database.sql(await referenceSchema())
    // The key of the table is the number of the message, as in the reference outbox.
    const reader = await readerOf(database, 'outbox_message', { ...freeShape, rowKey: 'id' })
    const traffic = await startTraffic(database, {
      services: 24,
      chains: 40,
      rollBack: 0.03,
      slow: 0.03,
      slowMs: 400,
      random: Math.random,
    })
    const seen = await auditedMeanwhile(reader, traffic, print)
    await reader.close()
    const late = traffic.late()
    print(
      `${traffic.fates.size} transactions, ${late} committed after a later one, ${countOf(traffic, 'rolled-back')} rolled back; ` +
        `${seen.audits} audits told ${seen.holes} holes: ${[...seen.byHole].map(([kind, n]) => `${n} ${kind}`).join(', ')}`,
    )
    return [
      { name: 'false lost', value: seen.lost, limit: 0, ok: seen.lost === 0 },
      { name: 'wrong verdicts on a hole', value: seen.wrong, limit: 0, ok: seen.wrong === 0 },
      { name: 'audits', value: seen.audits, limit: 10, bound: 'least', ok: seen.audits >= 10 },
      { name: 'late commits', value: late, limit: 1_000, bound: 'least', ok: late >= 1_000 },
    ]
  } finally {
    await database.close()
    await dropDatabase(DATABASE)
  }
}

interface Seen {
  audits: number
  holes: number
  lost: number
  wrong: number
  readonly byHole: Map<string, number>
}

async function auditedMeanwhile(
  reader: ChainReader,
  traffic: Traffic,
  print: (line: string) => void,
): Promise<Seen> {
  const seen: Seen = { audits: 0, holes: 0, lost: 0, wrong: 0, byHole: new Map() }
  const told: ChainsRead['findings'][number][] = []
  let failed: Error | null = null
  let ended = false
  const auditing = (async () => {
    for (; !ended; seen.audits += 1) {
      // With little patience transactions are found open; with more they end, and their holes are filled or not.
      const patience = seen.audits % 2 === 0 ? IMPATIENT : PATIENT
      told.push(...(await readAll(reader, { patience })).findings)
    }
  })().catch((error: unknown) => {
    failed = error instanceof Error ? error : new Error('an audit failed', { cause: error })
  })
  let printed = 0
  while (traffic.fates.size < TRANSACTIONS && failed === null) {
    await new Promise((later) => setTimeout(later, POLL_MS))
    if (traffic.fates.size - printed < TRANSACTIONS / 10) continue
    printed = traffic.fates.size
    print(`${printed} transactions, ${seen.audits} audits, ${told.length} holes told`)
  }
  ended = true
  await traffic.stop()
  await auditing
  if (failed !== null) throw failed as Error
  for (const finding of told) judge(finding, traffic.fates, seen)
  return seen
}

function judge(
  { kind, previousId, hole }: ChainsRead['findings'][number],
  fates: ReadonlyMap<string, Fate>,
  seen: Seen,
): void {
  seen.holes += 1
  const called = hole?.kind ?? kind
  seen.byHole.set(called, (seen.byHole.get(called) ?? 0) + 1)
  if (called === 'lost') seen.lost += 1
  const fate = previousId === null ? undefined : fates.get(previousId)
  const isWrong =
    kind !== 'missing' ||
    (called === 'rolled-back' && fate !== 'rolled-back') ||
    (fate === 'committed' && called !== 'in-flight')
  if (isWrong) seen.wrong += 1
}

function countOf({ fates }: Traffic, wanted: Fate): number {
  return [...fates.values()].filter((fate) => fate === wanted).length
}
