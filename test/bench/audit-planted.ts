import type { ChainsRead } from '../../src-main/app/audit/read-chains.ts'
import { byPlace, fillChains, plantFaults } from '../support/chain-generator.ts'
import type { GeneratorOptions, Planted } from '../support/chain-generator.ts'
import { freeShape, freeTable, fullPace, indexFreeTable, readerOf } from '../support/free-chains.ts'
import { dropDatabase, openDatabase } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { readAll } from '../support/read-chains.ts'
import type { BenchLine } from './bench-line.ts'

const DATABASE = 'redrive_bench_planted'
/** Ten million, unless REDRIVE_BENCH_AUDIT_ROWS says otherwise. */
const ROWS = Number(process.env['REDRIVE_BENCH_AUDIT_ROWS'] ?? 10_000_000)
const FAULTS_EACH = 20
const PAYLOAD_CHARS = 40
const SECOND_MS = 1_000

/** Faults of every kind, duplicates too, among ten million messages: an audit tells these and nothing else. */
export async function benchPlanted(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const lines: BenchLine[] = []
  for (const chains of [100, 100_000, ROWS / 2]) {
    await dropDatabase(DATABASE)
    const database = await openDatabase(DATABASE, true)
    try {
      lines.push(...(await compared(database, chains, print)))
    } finally {
      await database.close()
      await dropDatabase(DATABASE)
    }
  }
  return lines
}

async function compared(
  database: TestDatabase,
  chains: number,
  print: (line: string) => void,
): Promise<readonly BenchLine[]> {
  const options: GeneratorOptions = {
    table: 'free',
    rows: ROWS,
    chains,
    each: FAULTS_EACH,
    payload: PAYLOAD_CHARS,
  }
  await freeTable(database, false)
  await fillChains(database, options)
  // Only to find the places.
  await database.sql('create index planting on free_chain (id)')
  const planted = await plantFaults(database, options)
  await database.sql('drop index planting')
  const lines: BenchLine[] = []
  for (const indexed of [false, true]) {
    if (indexed) await indexFreeTable(database)
    await database.sql('vacuum analyze free_chain')
    const reader = await readerOf(database, 'free_chain', freeShape)
    for (const workers of [1, 2] as const) {
      const startedAt = performance.now()
      const read = await readAll(reader, { pace: { ...fullPace, workers } })
      const took = ((performance.now() - startedAt) / SECOND_MS).toFixed(1)
      const { missed, invented } = difference(read, planted)
      const name = `${chains} chains, ${indexed ? 'index' : 'scan'}, ${workers} worker(s)`
      print(
        `${ROWS} messages in ${name}: ${planted.length} planted, ${read.findings.length} told, ` +
          `${missed} missed, ${invented} invented, ${took} s`,
      )
      lines.push({ name, value: missed + invented, limit: 0, ok: missed + invented === 0 })
    }
    await reader.close()
  }
  return lines
}

function difference(
  { findings }: ChainsRead,
  planted: readonly Planted[],
): { readonly missed: number; readonly invented: number } {
  const told = new Set(
    findings.map(({ kind, chain, id, previousId }) => lineOf({ kind, chain, id, prevId: previousId })),
  )
  const wanted = new Set(planted.toSorted(byPlace).map(lineOf))
  return {
    missed: [...wanted].filter((one) => !told.has(one)).length,
    invented: [...told].filter((one) => !wanted.has(one)).length,
  }
}

function lineOf({ kind, chain, id, prevId }: Planted): string {
  return JSON.stringify([kind, chain, id, prevId])
}
