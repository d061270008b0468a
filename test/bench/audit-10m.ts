import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LAYOUT_KEPT_MS } from '../../src-main/adapters/outbox-postgres/chain-reader.ts'
import type { Audit, AuditFinding } from '../../src-preload/contract/audits.ts'
import { byPlace, fillChains, plantFaults } from '../support/chain-generator.ts'
import type { GeneratorOptions, Planted } from '../support/chain-generator.ts'
import { dropDatabase, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'
import { startEngine } from './engine-process.ts'
import type { EngineProcess } from './engine-process.ts'

const DATABASE = 'redrive_bench_audit'
/** Filled tables stay for the next run where REDRIVE_BENCH_AUDIT_KEEP is set. */
const KEEP = process.env['REDRIVE_BENCH_AUDIT_KEEP'] !== undefined
/** One setting only, by its chains; empty: all of them. */
const ONLY = process.env['REDRIVE_BENCH_AUDIT_CHAINS'] ?? ''
/** Ten million, unless REDRIVE_BENCH_AUDIT_ROWS says otherwise. */
const ROWS = Number(process.env['REDRIVE_BENCH_AUDIT_ROWS'] ?? 10_000_000)
const SMALLER = 10
/** About what a message has in life. */
const PAYLOAD_CHARS = 400
const FAULTS_EACH = 3
const ROUNDS = 3
const FINDINGS_MAX = 1_000
const POLL_MS = 20
const MB = 1_000_000
const MEMORY_MB_MAX = 130
const GROWTH_MAX = 1.15
/** Of the floor of the same run: a COPY of the same columns to nothing. */
const INDEX_MAX = { 1: 0.8, 2: 0.5 } as const
const SCAN_MAX = 1.5
/** Where chains are as short as two messages. */
const SCAN_SHORT_MAX = 3.2
/**
 * There the server's bare GROUP BY of the key, with nothing to compute, takes longer along the index than the COPY: it is
 * the floor of an audit that looks at each chain.
 */
const INDEX_SHORT_MAX = { 1: 1.9, 2: 0.9 } as const

/** The whole audit through the engine, in a process of its own, against the floor; what it finds against what was planted. */
export async function benchAudit(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const lines: BenchLine[] = []
  await compiled()
  const wanted = [100, 100_000, ROWS / 2].filter((chains) => ONLY === '' || String(chains) === ONLY)
  const small = await measured({ rows: ROWS / SMALLER, chains: 100_000 / SMALLER, rounds: 1, print })
  for (const chains of wanted) {
    const { peakMb, ...rest } = await measured({ rows: ROWS, chains, rounds: ROUNDS, print })
    const short = chains === ROWS / 2
    const of = `${chains} chains`
    const limits = short ? INDEX_SHORT_MAX : INDEX_MAX
    lines.push(
      most(`${of}: index, 1 worker`, rest.index[1], limits[1]),
      most(`${of}: index, 2 workers`, rest.index[2], limits[2]),
      most(`${of}: no index`, rest.scan, short ? SCAN_SHORT_MAX : SCAN_MAX),
      most(`${of}: wrong findings`, rest.wrong, 0),
      most(`${of}: memory, MB`, peakMb, MEMORY_MB_MAX),
      ...(chains === 100_000 ? [most('memory, growth from a tenth', peakMb / small.peakMb, GROWTH_MAX)] : []),
    )
  }
  return lines
}

interface Measured {
  readonly index: Readonly<Record<1 | 2, number>>
  readonly scan: number
  /** Findings that were planted and not told, or told and not planted. */
  readonly wrong: number
  readonly peakMb: number
}

interface Setting {
  readonly rows: number
  readonly chains: number
  readonly rounds: number
  readonly print: (line: string) => void
}

/** The first start of a checkout compiles the sources, which takes memory that no later one does. */
async function compiled(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-bench-audit-'))
  const engine = await startEngine({ dataDir, workspace: { sources: {}, brokers: {} } })
  await engine.close()
  await rm(dataDir, { recursive: true })
}

async function measured({ rows, chains, rounds, print }: Setting): Promise<Measured> {
  const name = `${DATABASE}_${rows}_${chains}`
  const { database, planted } = await filled(name, { rows, chains, print })
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-bench-audit-'))
  const engine = await startEngine({ dataDir, workspace: workspaceOf(database) })
  try {
    const head = `${rows} in ${chains}`
    const run = { database, engine, planted, rounds, print, head, short: rows === chains * 2 }
    await database.sql('drop index if exists outbox_message_chain_idx')
    const scan = await compare({ ...run, reading: 'scan', workers: 2 })
    await database.sql(await referenceSchema())
    await settled(database)
    const one = await compare({ ...run, reading: 'index', workers: 1 })
    const two = await compare({ ...run, reading: 'index', workers: 2 })
    const { peakBytes } = engine.memory()
    const peakMb = peakBytes / MB
    print(`${head}: engine memory at most ${peakMb.toFixed(0)} MB`)
    const wrong = Math.max(scan.wrong, one.wrong, two.wrong)
    return { index: { 1: one.ratio, 2: two.ratio }, scan: scan.ratio, wrong, peakMb }
  } finally {
    await engine.close()
    await rm(dataDir, { recursive: true })
    await database.close()
    if (!KEEP) await dropDatabase(name)
  }
}

interface Filled {
  readonly database: TestDatabase
  readonly planted: readonly Planted[]
}

/** What was planted is kept beside the messages, so that a table that is still there need not be filled again. */
async function filled(name: string, { rows, chains, print }: Omit<Setting, 'rounds'>): Promise<Filled> {
  const kept = await openDatabase(name, false).catch(() => null)
  const [known] = (await kept?.sql('select faults from planted').catch(() => [])) ?? []
  if (kept !== null && known !== undefined) {
    return { database: kept, planted: JSON.parse(known['faults'] ?? '[]') as readonly Planted[] }
  }
  await kept?.close()
  await dropDatabase(name)
  print(`filling ${rows} messages in ${chains} chains`)
  const database = await openDatabase(name, true)
  const options: GeneratorOptions = {
    table: 'reference',
    rows,
    chains,
    each: FAULTS_EACH,
    payload: PAYLOAD_CHARS,
  }
  await database.sql(await referenceSchema())
  // Indexes are built faster afterwards; what is not logged is read like anything else, by the floor as well.
  await database.sql(`drop index outbox_message_chain_idx; alter table outbox_message set unlogged,
    drop constraint outbox_message_pkey, drop constraint outbox_message_message_id_key`)
  await fillChains(database, options)
  await database.sql(`set maintenance_work_mem = '256MB';
    alter table outbox_message add primary key (id), add unique (message_id)`)
  const planted = await plantFaults(database, options)
  await settled(database)
  await database.sql('create table planted as select $1::text as faults', [JSON.stringify(planted)])
  return { database, planted }
}

/** As a table is that autovacuum looks after, with nothing left to write out. */
async function settled(database: TestDatabase): Promise<void> {
  await database.sql('vacuum (analyze) outbox_message')
  await database.sql('checkpoint')
  // For so long the engine may know the table as it was, without the index.
  await new Promise((later) => setTimeout(later, LAYOUT_KEPT_MS))
}

interface Comparison extends Pick<Setting, 'rounds' | 'print'> {
  readonly database: TestDatabase
  readonly engine: EngineProcess
  readonly planted: readonly Planted[]
  readonly head: string
  readonly reading: 'index' | 'scan'
  /** Chains of two messages. */
  readonly short: boolean
  readonly workers: 1 | 2
}

async function compare(options: Comparison): Promise<{ readonly ratio: number; readonly wrong: number }> {
  const { planted, rounds, reading, workers, head, print } = options
  const ratios: number[] = []
  let wrong = 0
  // The first round warms both and does not count.
  for (let round = 0; round <= rounds; round += 1) {
    const floorMs = await floor(options)
    const { audit, findings, ms } = await audited(options)
    wrong = Math.max(wrong, difference(findings, planted))
    if (audit.verdict !== 'broken' || audit.method?.reading !== reading) {
      throw new Error(
        `the audit is ${audit.verdict ?? '-'} by ${audit.method?.reading ?? '-'}: ${JSON.stringify(audit.trouble)}`,
      )
    }
    if (round === 0) continue
    ratios.push(ms / floorMs)
    print(
      `${head}, ${reading}, ${workers} worker(s): ${ms.toFixed(0)} ms against ${floorMs.toFixed(0)} ms, ` +
        `${(ms / floorMs).toFixed(2)}; ${findings.length} findings, temporary files ${((audit.method.tempBytes ?? 0) / MB).toFixed(0)} MB`,
    )
  }
  return { ratio: median(ratios), wrong }
}

async function floor({ database, reading, short, print }: Comparison): Promise<number> {
  // The cheaper of the two ways to read just these columns, as the audit has it.
  await database.sql(`set enable_seqscan = ${reading === 'index' ? 'off' : 'on'}`)
  const copyMs = await timed(database, COPY)
  if (!short || reading === 'scan') return copyMs
  await database.sql(`set enable_hashagg = off; set jit = off; set max_parallel_workers_per_gather = 0`)
  const groupMs = await timed(database, GROUPS)
  print(`a bare GROUP BY: ${groupMs.toFixed(0)} ms, the COPY: ${copyMs.toFixed(0)} ms`)
  return groupMs
}

const COPY = `copy (select id, prev_id, chain_key from outbox_message) to '/dev/null' with (format binary)`
const GROUPS = 'select count(*) from (select count(*) from outbox_message group by chain_key) f'

async function timed(database: TestDatabase, sql: string): Promise<number> {
  const startedAt = performance.now()
  await database.sql(sql)
  return performance.now() - startedAt
}

async function audited({ engine, workers }: Comparison): Promise<{
  readonly audit: Audit
  readonly findings: readonly AuditFinding[]
  readonly ms: number
}> {
  const pace = { workers, pauseMs: 0, limitSec: 3_600 }
  const startedAt = performance.now()
  const begun = await engine.call('audits.start', { source: 'bench', scope: { kind: 'all' }, pace })
  let audit = begun
  while (audit.state === 'running') {
    await new Promise((later) => setTimeout(later, POLL_MS))
    audit = await engine.call('audits.get', { audit: begun.audit })
  }
  const ms = performance.now() - startedAt
  const page = { audit: begun.audit, afterSeq: 0, limit: FINDINGS_MAX }
  const { findings } = await engine.call('audits.findings', page)
  return { audit, findings, ms }
}

function difference(findings: readonly AuditFinding[], planted: readonly Planted[]): number {
  const told = new Set(findings.map(lineOf))
  const wanted = new Set(planted.toSorted(byPlace).map(lineOf))
  return (
    [...told].filter((one) => !wanted.has(one)).length + [...wanted].filter((one) => !told.has(one)).length
  )
}

function lineOf({ kind, chain, id, prevId }: Planted): string {
  return JSON.stringify([kind, chain, id, prevId])
}

function workspaceOf(database: TestDatabase) {
  return {
    sources: {
      bench: {
        driver: 'postgres' as const,
        url: database.url,
        password: { value: serverAddress().password },
        environment: 'development' as const,
        outbox: { profile: 'redrive-reference', table: 'outbox_message' },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: {},
  }
}

function most(name: string, value: number, limit: number): BenchLine {
  return { name, value, limit, ok: value <= limit }
}
