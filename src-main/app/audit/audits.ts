import { RedriveError } from '../../domain/errors.ts'
import { defaultAuditPace, nothingFound } from '../../domain/audit.ts'
import type {
  Audit,
  AuditPace,
  AuditPhase,
  AuditProgress,
  AuditScope,
  KeptFinding,
} from '../../domain/audit.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { FindingQuery } from '../../ports/audit-store.ts'
import type { Changes } from '../changes.ts'
import type { ChainView, ChainViewRequest } from './chain-view.ts'
import { viewChain } from './chain-view.ts'
import { searchEvents } from './search-events.ts'
import { searchIds } from './search-ids.ts'
import type { IdsRequest, IdsSearched } from './search-ids.ts'
import type { EventsRequest, EventsSearched } from './search-events.ts'
import { planRepair } from './repair.ts'
import type { Repair } from './repair.ts'
import type { AuditReport } from './report.ts'
import { reportPage } from './report-html.ts'
import { abandoned, runAudit } from './run-audit.ts'
import type { Moved } from './run-audit.ts'
import type { AuditContext } from './run-audit.ts'

/** Closing waits this long for audits to be written down as cancelled. */
const CLOSE_DEADLINE_MS = 5_000

export interface AuditsOptions extends AuditContext {
  readonly changes: Changes
}

export interface AuditRequest {
  readonly source: string
  readonly scope: AuditScope
  readonly pace?: AuditPace
  readonly trigger: Audit['trigger']
}

interface Running {
  readonly audit: Audit
  readonly stop: AbortController
  readonly ended: Promise<Audit | null>
  phase: AuditPhase | null
  progress: AuditProgress
}

/** The audits of this process: at most one of a source at a time. They only read, so a locked source may be audited. */
export class Audits {
  readonly #options: AuditsOptions
  /** By source. Null while it is being begun. */
  readonly #running = new Map<string, Running | null>()

  constructor(options: AuditsOptions) {
    this.#options = options
  }

  /** Ends audits of processes that died, as incomplete. Called once, at the start. */
  async recover(): Promise<void> {
    const { ports, connections } = this.#options
    for (const { audit, owner } of await ports.auditStore.running()) {
      if (ports.processes.alive(owner)) continue
      const config = await connections.source(audit.source).catch(() => null)
      const { end, entries } = abandoned({ context: this.#options, audit, config })
      await ports.auditStore.end(audit.audit, end, entries)
    }
  }

  /** Begins and answers at once. Throws `audit-busy`, `source-unknown`. */
  async start({ source, scope, pace = defaultAuditPace, trigger }: AuditRequest): Promise<Audit> {
    const { ports, connections, changes } = this.#options
    if (this.#running.has(source)) throw new RedriveError('audit-busy', 'later', { source })
    this.#running.set(source, null)
    try {
      const config = await connections.source(source)
      const operator = ports.operator()
      const head = { audit: ports.ids.next('audit'), source, scope, pace, trigger, operator }
      const detail = { scope: { ...scope }, pace: { ...pace } }
      const entry: JournalDraft = { action: 'audit-begun', operator, source, subject: head.audit, detail }
      const owner = ports.processes.self
      const audit = await ports.auditStore.begin({ ...head, owner }, trigger === 'operator' ? [entry] : [])
      this.#run({ audit, config })
      return audit
    } catch (error) {
      if (this.#running.get(source) === null) this.#running.delete(source)
      throw error
    } finally {
      changes.bump()
    }
  }

  #run(begun: { readonly audit: Audit; readonly config: SourceConfig }): void {
    const { audit } = begun
    const { ports, changes } = this.#options
    const stop = new AbortController()
    const moved: Moved = (phase, progress) => {
      running.phase = phase
      running.progress = progress
      changes.bump()
    }
    const running: Running = {
      audit,
      stop,
      phase: null,
      progress: nothingFound.progress,
      ended: Promise.resolve()
        .then(() => ports.loads.inBackground(() => runAudit(this.#options, begun, moved, stop.signal)))
        .catch((error: unknown) => {
          // Only the store can fail here: the audit is ended by the next start.
          ports.log.warn({ audit: audit.audit, reason: String(error) }, 'audit-left-running')
          return null
        })
        .finally(() => {
          this.#running.delete(audit.source)
          changes.bump()
        }),
    }
    this.#running.set(audit.source, running)
  }

  /** As it is now, with its progress where it runs here. Throws `audit-not-found`. */
  async get(id: string): Promise<Audit> {
    const audit = await this.#options.ports.auditStore.audit(id)
    if (!audit) throw new RedriveError('audit-not-found', 'never', { audit: id })
    return this.#live(audit)
  }

  async list(query: { source?: string; before: string | null; limit: number }): Promise<readonly Audit[]> {
    return (await this.#options.ports.auditStore.audits(query)).map((audit) => this.#live(audit))
  }

  /** Resolves when it has ended. Throws `audit-not-found`; `job-busy` where another process runs it. */
  async cancel(id: string): Promise<Audit> {
    const audit = await this.get(id)
    const running = this.#running.get(audit.source)
    if (audit.state !== 'running') return audit
    if (running?.audit.audit !== id) throw new RedriveError('job-busy', 'later', { job: id })
    running.stop.abort()
    await running.ended
    return this.get(id)
  }

  /** Resolves when the audit has ended, or at once where it does not run here. */
  async ended(id: string): Promise<Audit> {
    const audit = await this.get(id)
    const running = this.#running.get(audit.source)
    if (running?.audit.audit === id) await running.ended
    return this.get(id)
  }

  async findings(id: string, query: FindingQuery): Promise<readonly KeptFinding[]> {
    await this.get(id)
    return this.#options.ports.auditStore.findings(id, query)
  }

  async damagedChains(id: string, limit: number) {
    await this.get(id)
    return this.#options.ports.auditStore.damagedChains(id, limit)
  }

  /** Throws `audit-running` where there is none yet. */
  async report(
    id: string,
  ): Promise<{ readonly json: string; readonly digest: string; readonly html: string }> {
    const { digest } = await this.get(id)
    const json = await this.#options.ports.auditStore.report(id)
    if (json === null || digest === null) throw new RedriveError('audit-running', 'later', { audit: id })
    return { json, digest, html: reportPage(JSON.parse(json) as AuditReport, digest) }
  }

  view(request: ChainViewRequest, signal: AbortSignal): Promise<ChainView> {
    return viewChain(this.#options.connections, request, signal)
  }

  events(request: EventsRequest, signal: AbortSignal): Promise<EventsSearched> {
    return searchEvents(this.#options.connections, request, signal)
  }

  ids(request: IdsRequest, signal: AbortSignal): Promise<IdsSearched> {
    return searchIds(this.#options.connections, request, signal)
  }

  async repair(id: string, seq: number, signal: AbortSignal): Promise<Repair> {
    const { ports, connections } = this.#options
    const { source } = await this.get(id)
    const [finding] = await ports.auditStore.findings(id, { afterSeq: seq - 1, limit: 1 })
    if (finding?.seq !== seq) throw new RedriveError('finding-not-found', 'never', { audit: id, seq })
    return planRepair(ports, connections, { source, finding }, signal)
  }

  async close(): Promise<void> {
    const all = [...this.#running.values()].filter((one) => one !== null)
    for (const { stop } of all) stop.abort()
    const deadline = new AbortController()
    const wait = this.#options.ports.clock.sleep(CLOSE_DEADLINE_MS, deadline.signal).catch(() => undefined)
    await Promise.race([Promise.all(all.map(({ ended }) => ended)), wait])
    deadline.abort()
  }

  #live(audit: Audit): Audit {
    const running = this.#running.get(audit.source)
    if (audit.state !== 'running' || running?.audit.audit !== audit.audit) return audit
    return { ...audit, phase: running.phase, progress: running.progress }
  }
}
