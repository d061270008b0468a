import { nothingFound } from '../../domain/audit.ts'
import type {
  Audit,
  AuditMark,
  AuditOutcome,
  AuditPhase,
  AuditProgress,
  KeptFinding,
} from '../../domain/audit.ts'
import { verdictOf } from '../../domain/chain/finding.ts'
import type { ChainFinding } from '../../domain/chain/finding.ts'
import { canonical, sha256 } from '../../domain/digest.ts'
import type { Json } from '../../domain/digest.ts'
import { isOfStore, RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { AuditEnd } from '../../ports/audit-store.ts'
import type { ChainPace, ChainReader } from '../../ports/chains.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { readerOf } from './chain-view.ts'
import { auditPatience, readChains } from './read-chains.ts'
import type { ChainsRead } from './read-chains.ts'
import { reportFormat, sealReport } from './report.ts'

const SECOND_MS = 1_000
/** Seeds of fingerprints: any will do, as long as nobody can know it before. */
const SEED_MAX = 2 ** 48

export interface AuditContext {
  readonly ports: EnginePorts
  readonly connections: Connections
}

export type Moved = (phase: AuditPhase, progress: AuditProgress) => void

/** Carries out an audit that was begun. Rejects only where the store fails: all else is the audit's own end. */
export async function runAudit(
  context: AuditContext,
  begun: { readonly audit: Audit; readonly config: SourceConfig },
  moved: Moved,
  cancel: AbortSignal,
): Promise<Audit> {
  const { ports, connections } = context
  const { audit } = begun
  const limit = AbortSignal.timeout(audit.pace.limitSec * SECOND_MS)
  let last: AuditProgress = nothingFound.progress
  const told: Moved = (phase, progress) => {
    last = progress
    moved(phase, progress)
  }
  try {
    const signal = AbortSignal.any([cancel, limit])
    const end = await connections.withOutbox(
      audit.source,
      async (outbox) => carryOut({ context, ...begun, moved: told }, readerOf(outbox, audit.source), signal),
      signal,
    )
    return await ports.auditStore.end(audit.audit, end.end, end.entries)
  } catch (error) {
    if (error instanceof RedriveError && isOfStore(error.code)) throw error
    const { end, entries } = brokenOff({ context, ...begun }, last, whyEnded(error, cancel, limit))
    return ports.auditStore.end(audit.audit, end, entries)
  }
}

interface Work {
  readonly context: AuditContext
  readonly audit: Audit
  /** Null: the source is not in the workspace any more. */
  readonly config: SourceConfig | null
}

interface Ended {
  readonly end: AuditEnd
  readonly entries: readonly JournalDraft[]
}

async function carryOut(
  work: Work & { readonly config: SourceConfig; readonly moved: Moved },
  reader: ChainReader,
  signal: AbortSignal,
): Promise<Ended> {
  const { audit, config, context, moved } = work
  const { ports } = context
  const outbox = outboxName(config, reader)
  const mark = await ports.auditWatches.mark(audit.source, outbox)
  const { workers, pauseMs, limitSec } = audit.pace
  const pace: ChainPace = { workers, pauseMs, statementMs: limitSec * SECOND_MS }
  const seed = String(Math.floor(ports.random() * SEED_MAX))
  const { reading } = await reader.method(signal)
  const options = {
    reader,
    clock: ports.clock,
    scope: audit.scope,
    pace,
    replica: audit.pace.replica ?? 'if-current',
    mark,
    seed,
    moved,
    patience: auditPatience,
  }
  const read = await readChains(options, signal)
  const after = await reader.horizon(signal)
  const { findings } = read
  const dropped = Object.values(read.droppedByKind).reduce((sum, count) => sum + count, 0)
  const verdict = verdictOf({ complete: true, numbers: reader.shape.numbers, findings, dropped })
  const before = read.horizon.tempBytes
  const tempBytes = before === null || after.tempBytes === null ? null : Math.max(0, after.tempBytes - before)
  const next = markOf(audit, mark, read, verdict === 'intact')
  const outcome: AuditOutcome = {
    ...countsOf(findings, read),
    progress: read.progress,
    verdict,
    findingsDropped: dropped,
    method: { reading, replica: read.replica, remarks: read.remarks, tempBytes },
    verifiedTo: next?.readTo ?? null,
    digest: null,
    trouble: null,
  }
  return sealed(work, { state: 'done', outcome, findings, read, mark: next && { ...next, outbox } })
}

/** Names the table and what its columns mean: a mark says nothing about another one. */
function outboxName({ url, outbox }: SourceConfig, { shape }: ChainReader): string {
  return sha256(canonical({ url, table: outbox.table, shape: { ...shape } }))
}

function countsOf(
  findings: readonly ChainFinding[],
  { droppedByKind }: ChainsRead,
): Pick<AuditOutcome, 'findings' | 'byKind' | 'byHole'> {
  const byKind = { ...droppedByKind }
  const byHole = { ...nothingFound.byHole }
  for (const { kind, hole } of findings) {
    byKind[kind] += 1
    if (hole !== null) byHole[hole.kind] += 1
  }
  const count = Object.values(byKind).reduce((sum, one) => sum + one, 0)
  return { findings: count, byKind, byHole }
}

/** Null: the mark stays where it is. */
function markOf(
  { scope }: Audit,
  mark: AuditMark | null,
  { readTo }: ChainsRead,
  intact: boolean,
): AuditMark | null {
  const isWhole = scope.kind === 'all' || (scope.kind === 'new' && mark === null)
  if (readTo === null || (!isWhole && scope.kind !== 'new')) return null
  if (mark === null || isWhole) return { readTo, intactTo: intact ? readTo : (mark?.intactTo ?? null) }
  if (BigInt(readTo) < BigInt(mark.readTo)) return null
  // What was damaged before stays so: only what is intact from the beginning is.
  const joined = intact && mark.intactTo === mark.readTo
  return { readTo, intactTo: joined ? readTo : mark.intactTo }
}

type EndState = Pick<AuditOutcome, 'trouble'> & { readonly state: 'cancelled' | 'failed' }

function whyEnded(error: unknown, cancel: AbortSignal, limit: AbortSignal): EndState {
  if (cancel.aborted) {
    return { state: 'cancelled', trouble: { code: 'cancelled', reason: 'cancelled by the operator' } }
  }
  if (limit.aborted) {
    return { state: 'failed', trouble: { code: 'query-timeout', reason: 'the time for this audit ran out' } }
  }
  if (error instanceof RedriveError) {
    const reason = plain(error.detail['reason'] ?? error.code)
    return { state: 'failed', trouble: { code: error.code, reason } }
  }
  return { state: 'failed', trouble: { code: 'internal', reason: String(error) } }
}

/** Whatever was seen until then, a part says nothing about the whole: incomplete. */
function brokenOff(work: Work, progress: AuditProgress, { state, trouble }: EndState): Ended {
  const outcome: AuditOutcome = { ...nothingFound, progress, verdict: 'incomplete', trouble }
  return sealed(work, { state, outcome, findings: [], read: null, mark: null })
}

/** An audit whose process died. */
export function abandoned(work: Work): Ended {
  const trouble = { code: 'process-ended', reason: 'the process that ran it ended' } as const
  return brokenOff(work, nothingFound.progress, { state: 'failed', trouble })
}

interface Result {
  readonly state: AuditEnd['state']
  readonly outcome: AuditOutcome
  readonly findings: readonly ChainFinding[]
  readonly read: ChainsRead | null
  readonly mark: AuditEnd['mark']
}

function sealed({ context: { ports }, audit, config }: Work, result: Result): Ended {
  const { state, outcome, read, mark } = result
  const endedAt = ports.clock.now().toISOString()
  const findings = result.findings.map((finding, at): KeptFinding => ({ seq: at + 1, ...finding }))
  const { source, scope, pace, trigger, operator, startedAt } = audit
  const verdict = outcome.verdict ?? 'incomplete'
  const { text, digest } = sealReport({
    format: reportFormat,
    ...{
      audit: audit.audit,
      source,
      environment: config?.environment ?? '-',
      table: config?.outbox.table ?? '-',
    },
    ...{ scope, pace, trigger, operator, startedAt, endedAt, state, verdict, findings },
    messages: outcome.progress.messages,
    chains: outcome.progress.chains,
    suspicious: outcome.progress.suspicious,
    byKind: outcome.byKind,
    byHole: outcome.byHole,
    findingsDropped: outcome.findingsDropped,
    method: outcome.method,
    verifiedTo: outcome.verifiedTo,
    trouble: outcome.trouble,
    horizon: read && horizonOf(read),
  })
  const counts = { messages: outcome.progress.messages, chains: outcome.progress.chains }
  const detail: Json = { state, verdict, findings: outcome.findings, ...counts, digest, ...outcome.trouble }
  const entry: JournalDraft = {
    action: 'audit-ended',
    operator: ports.operator(),
    source,
    subject: audit.audit,
    detail,
  }
  // A watch that finds nothing new would bury what matters.
  const quiet = trigger === 'schedule' && verdict === 'intact' && counts.messages === 0
  const end: AuditEnd = { state, endedAt, outcome: { ...outcome, digest }, findings, report: text, mark }
  return { end, entries: quiet ? [] : [entry] }
}

function horizonOf({ horizon: { at, snapshot, standby, maxId } }: ChainsRead) {
  return { at, snapshot, standby, maxId }
}
