import { Audits } from './audit/audits.ts'
import { Watching } from './audit/watching.ts'
import { Readings } from './brokers/readings.ts'
import { CheckBacks } from './check-back/check-backs.ts'
import { createCallbacks } from './callback/views.ts'
import type { Callbacks } from './callback/views.ts'
import { createChanges } from './changes.ts'
import type { Changes } from './changes.ts'
import { Configure } from './connections/configure.ts'
import { Connections } from './connections/connections.ts'
import { createHealthBoard } from './connections/health.ts'
import type { HealthBoard } from './connections/health.ts'
import { createLocks } from './connections/locks.ts'
import type { Locks } from './connections/locks.ts'
import { Looking } from './dead-letters/looking.ts'
import type { EnginePorts } from './engine-ports.ts'
import { createDedupeChecks } from './evidence/dedupe.ts'
import type { DedupeChecks } from './evidence/dedupe.ts'
import { createEvidenceViews } from './evidence/evidence.ts'
import type { EvidenceViews } from './evidence/evidence.ts'
import { Guards } from './guard/guards.ts'
import { Jobs } from './jobs/jobs.ts'
import { createSweepRunner } from './jobs/sweep-runner.ts'
import { Workshop } from './jobs/workshop.ts'
import { createMappings } from './mappings/mappings.ts'
import type { Mappings } from './mappings/mappings.ts'
import { createRetrying } from './mappings/retrying.ts'
import type { Retrying } from './mappings/retrying.ts'
import { createMasking } from './masking/masking.ts'
import type { Masking } from './masking/masking.ts'
import { createMessages } from './messages/messages.ts'
import type { Messages } from './messages/messages.ts'
import { createOperators } from './operators/operators.ts'
import type { Operators } from './operators/operators.ts'
import { createPlanImports } from './resend/import-plan.ts'
import type { PlanImports } from './resend/import-plan.ts'
import { Resolving } from './resolve/resolving.ts'
import { createCounting } from './watch/counting.ts'
import type { Counting } from './watch/counting.ts'
import { Watch } from './watch/watch.ts'
import type { SweepRunner } from './sweep/runner.ts'
import { Sweeps } from './sweep/sweeps.ts'
import { Switching } from './sweep/switching.ts'
import { createHandOvers } from './triage/hand-over.ts'
import type { HandOvers } from './triage/hand-over.ts'
import { createNotes } from './triage/notes.ts'
import type { Notes } from './triage/notes.ts'
import { createViews } from './triage/views.ts'
import type { Views } from './triage/views.ts'

/** What a start may spend on decisions whose outcome has to be looked up in a source. */
const RECOVER_DECISIONS_TIMEOUT_MS = 5_000

/** The use cases on one set of ports. */
export interface Engine {
  readonly ports: EnginePorts
  readonly audits: Audits
  readonly auditWatching: Watching
  readonly callbacks: Callbacks
  readonly changes: Changes
  readonly checkBacks: CheckBacks
  readonly connections: Connections
  readonly counting: Counting
  readonly configure: Configure
  readonly dedupe: DedupeChecks
  readonly evidence: EvidenceViews
  readonly guards: Guards
  readonly handOvers: HandOvers
  readonly health: HealthBoard
  readonly locks: Locks
  readonly looking: Looking
  readonly mappings: Mappings
  readonly masking: Masking
  readonly messages: Messages
  readonly notes: Notes
  readonly operators: Operators
  readonly jobs: Jobs
  readonly readings: Readings
  readonly planImports: PlanImports
  readonly resolving: Resolving
  readonly retrying: Retrying
  readonly sweeps: Sweeps
  readonly switching: Switching
  readonly watch: Watch
  readonly views: Views
  /** Settles what a crash left behind. Called once, before anything else. */
  recover(): Promise<void>
  /** The part of it that may be done at any time: takes over what processes had under way that are gone. */
  takeOver(): Promise<void>
  /** Ends jobs within a deadline and closes every connection. The store is its owner's to close. */
  close(): Promise<void>
}

/** `sweepRunner` is the engine's own but in tests of the schedule. */
export function createEngine(ports: EnginePorts, sweepRunner?: SweepRunner): Engine {
  const changes = createChanges()
  ports.loads.watch(() => changes.bump())
  const health = createHealthBoard(ports.clock, changes)
  const connections = new Connections(ports, health)
  const locks = createLocks(ports, changes)
  const workshop = new Workshop(ports, connections, changes)
  const jobs = new Jobs({ ports, connections, locks, changes, workshop })
  const readings = new Readings(ports, connections)
  const resolving = new Resolving(ports, connections, locks, changes)
  const configure = new Configure(ports, connections)
  const runner = sweepRunner ?? createSweepRunner(ports, connections, workshop)
  const sweeping = { ports, connections, runner, locks, changes }
  const sweeps = new Sweeps(sweeping)
  const checkBacks = new CheckBacks({ ports, connections, locks, changes, configure })
  const audits = new Audits({ ports, connections, changes })
  const auditWatching = new Watching({ ports, connections, audits, changes })
  const messages = createMessages(ports, connections)
  const counting = createCounting({ messages, changes, clock: ports.clock })
  const watching = { ports, connections, health, counting, sweeps, checkBacks, changes, configure }
  const watch = new Watch(watching)
  const takeOver = () => takeOverAll([jobs, sweeps, checkBacks, audits])
  return {
    ports,
    audits,
    auditWatching,
    callbacks: createCallbacks({ ports, connections, locks, changes }),
    changes,
    checkBacks,
    connections,
    counting,
    configure,
    dedupe: createDedupeChecks(ports, connections),
    evidence: createEvidenceViews(ports, connections),
    guards: new Guards(ports, connections),
    handOvers: createHandOvers({ ports, connections, messages }),
    health,
    locks,
    looking: new Looking(ports, connections, changes),
    mappings: createMappings({ ports, connections, configure, locks, changes }),
    masking: createMasking(ports, connections),
    messages,
    notes: createNotes(ports, connections, changes),
    operators: createOperators(ports),
    jobs,
    readings,
    planImports: createPlanImports(ports, connections),
    resolving,
    retrying: createRetrying({ ports, connections, locks, changes }),
    sweeps,
    switching: new Switching({ ...sweeping, configure, sweeps }),
    watch,
    views: createViews(ports, changes),
    takeOver,
    async recover() {
      await takeOver()
      await resolving.recover(AbortSignal.timeout(RECOVER_DECISIONS_TIMEOUT_MS))
    },
    async close() {
      await watch.close()
      auditWatching.close()
      await audits.close()
      await checkBacks.close()
      await sweeps.close()
      await jobs.close()
      await readings.close()
      await connections.close()
    },
  }
}

async function takeOverAll(all: readonly { recover(): Promise<void> }[]): Promise<void> {
  for (const one of all) await one.recover()
}
