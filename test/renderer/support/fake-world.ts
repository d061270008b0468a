import { noAlerts, type FakeAlerts } from './no-alerts.ts'
import { emptyCallback, type FakeCallback } from './fake-callback.ts'
import { createHash } from 'node:crypto'
import { ORPCError } from '@orpc/server'
import type { AuditFinding, ChainBlock, SameEvent } from '../../../src-preload/contract/audits.ts'
import type {
  BrokerConnection,
  SourceConnection,
  SourceReport,
} from '../../../src-preload/contract/connections.ts'
import type { Decision } from '../../../src-preload/contract/decisions.ts'
import { ERROR_STATUS } from '../../../src-preload/contract/errors.ts'
import type { ErrorCode, ErrorData } from '../../../src-preload/contract/errors.ts'
import type { DedupeReport, MessageEvidence } from '../../../src-preload/contract/evidence.ts'
import type { ItemResult, Job, JobItem } from '../../../src-preload/contract/jobs.ts'
import type { JournalAction, JournalEntry } from '../../../src-preload/contract/journal.ts'
import type { Trouble } from '../../../src-preload/contract/messages.ts'
import type { PlanEdit, PlanItem, PlanRedirect, PlanView } from '../../../src-preload/contract/plans.ts'
import type { CheckBack, HalfStanding } from '../../../src-preload/contract/half-messages.ts'
import type { SourceFlow, SourceHistory } from '../../../src-preload/contract/overview.ts'
import type { Sweep } from '../../../src-preload/contract/sweeps.ts'
import type { SavedView } from '../../../src-preload/contract/triage.ts'
import type { FakeAudit } from './fake-audit.ts'
import type { ConnectionStatus, SessionInfo } from '../../../src-preload/contract/session.ts'
import type { FakeMessage } from './fake-message.ts'

/** The state behind the test double of the engine: in memory, the same for the same seed. */
export interface World {
  readonly now: () => number
  readonly operator: string
  readonly sources: Map<string, FakeSource>
  readonly brokers: Map<string, BrokerConnection>
  readonly plans: Map<string, FakePlan>
  /** Plan files that are being taken in, by token. */
  readonly imports: Map<string, { readonly header: string; readonly lines: string[] }>
  readonly jobs: Map<string, FakeJob>
  readonly decisions: Map<string, Decision>
  readonly views: Map<string, SavedView>
  /** By source; one that is not there was never set up. */
  readonly sweeps: Map<string, Sweep>
  readonly checkBacks: Map<string, CheckBack>
  /** By row id. */
  readonly halfStandings: Map<string, HalfStanding>
  /** Every call in its order, with its source: `overview.source shop`. */
  readonly calls: string[]
  /** Row ids that were asked about; null: what was due. */
  readonly asked: (readonly string[] | null)[]
  readonly decided: object[]
  readonly callback: FakeCallback
  readonly alerts: FakeAlerts
  /** What was seen of a source over time; one that is not there was never sampled. */
  readonly histories: Map<string, SourceHistory>
  readonly flows: Map<string, SourceFlow>
  readonly causes: Map<
    string,
    { causes: { cause: string; count: number; oldestCreatedAt: string }[]; complete: boolean }
  >
  /** Newest first. */
  readonly audits: FakeAudit[]
  /** Blocks of a chain, in the order of their ids. */
  readonly chains: Map<string, readonly ChainBlock[]>
  /** By source. A source that is not in it has no fingerprint. */
  readonly sameEvents: Map<string, readonly SameEvent[]>
  /** What can be done about a finding. */
  repair: (finding: AuditFinding) => Repair
  readonly journal: JournalEntry[]
  /** What the looks of this world found; null: nobody has looked. */
  knownLetters: { readonly count: number; readonly oldestLookAt: string } | null
  readonly switches: Switches
  revision: number
  /** Woken on every change; each watcher of the session has one. */
  readonly watchers: Set<() => void>
}

interface Repair {
  readonly plan: string | null
  readonly gone: { readonly from: string; readonly to: string } | null
  readonly unsent: number
  readonly says: string
}

export interface FakeSource {
  connection: SourceConnection
  messages: FakeMessage[]
  status: ConnectionStatus['state']
}

export interface FakePlan {
  readonly plan: string
  readonly digest: string
  readonly source: string
  readonly broker: string
  readonly createdAt: string
  readonly createdBy: string
  readonly selection: string
  readonly edit: PlanEdit | null
  readonly redirect: PlanRedirect | null
  readonly skipped: PlanView['skipped']
  readonly warnings: PlanView['warnings']
  readonly evidence: PlanView['evidence']
  readonly items: readonly (PlanItem & { readonly payload: string | null })[]
}

export interface FakeJob {
  job: Job
  items: JobItem[]
}

/** What a test turns on to see a state of the page. */
export interface Switches {
  /** Answers of calls wait this long. */
  slowMs: number
  /** This call is never answered. */
  silent: string | null
  /** `messages.list` -> the code it fails with. A source name after a space narrows it: `overview.source shop`. */
  fail: Partial<Record<string, ErrorData>>
  /** Lists, groups and counts end at their time budget. */
  partial: boolean
  /** Rows that a search inside of messages passes in one look. */
  searchRows: number
  /** Counts stop here. */
  countMax: number
  /** Of each database; null: it is as usual. */
  slower: number | null
  /** Items of a job that are carried out at a time, and the pause between. */
  jobBatch: number
  jobBatchMs: number
  /** A job that has ended so many items does no more until this is null again. */
  holdAt: number | null
  /** The outcome of a publish; the default confirms, returns what goes to `reporting`. */
  outcome: (item: JobItem) => Exclude<ItemResult, 'skipped'>
  /** What is known of the consumption of a message without an answer. */
  evidence: (item: JobItem) => MessageEvidence | null
  /** What a second person is needed for; null: there is no policy. */
  approval: PlanView['approval']
  /** Whether the receiver has consumed a message; null: no evidence is mapped. */
  consumed: ((id: string) => boolean) | null
  /** What a look at the receiver's table finds; null: it refuses duplicates. */
  dedupe: Pick<DedupeReport, 'verdict' | 'findings'> | null
  /** Seconds that the dry run says; null: nothing was measured. */
  estimateSec: number | null
  journalIntact: boolean
  keepsPasswords: boolean
  /** The local store can only be looked at. */
  lookOnly: boolean
  person: Pick<SessionInfo, 'role' | 'canLogOut'>
  /** What tests of sources report otherwise than well. */
  report: Partial<SourceReport>
}

export const FAKE_NOW = '2026-11-21T10:00:00.000Z'

export function createWorld({ now = () => Date.parse(FAKE_NOW) }: { now?: () => number } = {}): World {
  return {
    now,
    operator: 'mira',
    sources: new Map(),
    brokers: new Map(),
    plans: new Map(),
    imports: new Map(),
    jobs: new Map(),
    decisions: new Map(),
    views: new Map(),
    sweeps: new Map(),
    checkBacks: new Map(),
    halfStandings: new Map(),
    alerts: noAlerts(),
    histories: new Map(),
    flows: new Map(),
    causes: new Map(),
    calls: [],
    asked: [],
    decided: [],
    callback: emptyCallback(),
    audits: [],
    chains: new Map(),
    sameEvents: new Map(),
    repair: () => ({ plan: null, gone: null, unsent: 0, says: '' }),
    journal: [],
    knownLetters: null,
    revision: 1,
    watchers: new Set(),
    switches: {
      ...{ slowMs: 0, silent: null, fail: {}, partial: false },
      searchRows: 1_000,
      countMax: 10_000,
      slower: null,
      jobBatch: 7,
      jobBatchMs: 20,
      holdAt: null,
      outcome: (item) => (item.destination.exchange === 'reporting' ? 'returned' : 'confirmed'),
      evidence: () => null,
      consumed: null,
      approval: null,
      dedupe: null,
      estimateSec: null,
      journalIntact: true,
      keepsPasswords: true,
      lookOnly: false,
      person: { role: 'administrator', canLogOut: false },
      report: {},
    },
  }
}

export const iso = (ms: number): string => new Date(ms).toISOString()

/** Something changed: pages that look are told. */
export function changed(world: World): void {
  world.revision += 1
  for (const wake of world.watchers) wake()
}

export function errorOf(
  code: ErrorCode,
  detail: ErrorData['detail'] = {},
  retry: ErrorData['retry'] = 'never',
): ErrorData {
  return { code, retry, detail }
}

/** The error as the engine's api throws it. */
export function refuse(code: ErrorCode, detail: ErrorData['detail'] = {}): never {
  throw new ORPCError('REDRIVE', { status: ERROR_STATUS, data: errorOf(code, detail) })
}

export function sourceOf(world: World, name: string): FakeSource {
  return (
    world.sources.get(name) ??
    refuse('source-unknown', { source: name, known: [...world.sources.keys()].join(', ') })
  )
}

/** Before every call: it may be slow, and it may fail. */
export async function meet(world: World, call: string, source: string | null): Promise<void> {
  world.calls.push(source === null ? call : `${call} ${source}`)
  const { slowMs, fail, silent } = world.switches
  if (silent === call) await new Promise(() => undefined)
  if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs))
  const error = fail[call] ?? fail[`${call} ${source}`]
  if (error !== undefined) throw new ORPCError('REDRIVE', { status: ERROR_STATUS, data: error })
}

interface Note {
  readonly action: JournalAction
  readonly source?: string | null
  readonly subject?: string | null
  readonly detail?: Record<string, string | number>
}

export function note(world: World, { action, source = null, subject = null, detail = {} }: Note): void {
  const previousHash = world.journal.at(-1)?.hash ?? '0'.repeat(64)
  const seq = world.journal.length + 1
  const entry = {
    seq,
    at: iso(world.now()),
    action,
    operator: world.operator,
    source,
    subject,
    detail,
    previousHash,
  }
  const hash = createHash('sha256').update(JSON.stringify(entry)).digest('hex')
  world.journal.push({ ...entry, hash })
}

interface AddSource {
  readonly name: string
  readonly environment?: SourceConnection['environment']
  readonly messages?: FakeMessage[]
  readonly unlocked?: boolean
}

export function addSource(
  world: World,
  { name, environment = 'development', messages = [], unlocked = false }: AddSource,
): FakeSource {
  const source: FakeSource = {
    connection: {
      name,
      driver: 'postgres',
      url: `postgres://redrive@db.internal:5432/${name}`,
      environment,
      table: 'public.outbox_message',
      profile: 'redrive-reference',
      deliverTo: 'rabbit',
      stuckAfterSec: 60,
      maxAttempts: 3,
      passwordKind: 'stored',
      unlockedUntil: unlocked ? iso(world.now() + 15 * 60_000) : null,
      unlockMinutesMax: 60,
    },
    messages,
    status: 'connected',
  }
  world.sources.set(name, source)
  return source
}

export function addBroker(world: World, name = 'rabbit'): void {
  world.brokers.set(name, {
    name,
    driver: 'rabbitmq',
    url: 'amqp://redrive@mq.internal:5672/shop',
    passwordKind: 'env',
  })
}

export function addKafka(world: World, name = 'kafka'): void {
  world.brokers.set(name, {
    name,
    driver: 'kafka',
    brokers: ['kafka.internal:9092'],
    sasl: null,
    compression: 'none',
    passwordKind: 'none',
  })
}

export function troubleOf(source: FakeSource, nowMs: number, message: FakeMessage): Trouble | null {
  if (message.state === 'waiting-confirm') return 'unconfirmed'
  if (message.state === 'failed') return 'failed'
  const open = message.state === 'pending' || message.state === 'in-flight'
  const old = nowMs - Date.parse(message.createdAt) > source.connection.stuckAfterSec * 1_000
  return open && old ? 'stuck' : null
}
