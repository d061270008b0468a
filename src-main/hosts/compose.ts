import { join } from 'node:path'
import { openOpenId } from '../adapters/sign-on-openid/openid.ts'
import { openMappingTexts } from '../adapters/mapping-schema/mapping-texts.ts'
import { knownLayouts } from '../adapters/profiles/layouts.ts'
import { readVerifyingKey } from '../adapters/signing-ed25519/verifying-key.ts'
import { openCallbackStore } from '../adapters/store-sqlite/callback-store.ts'
import type { OpenedCallbackStore } from '../adapters/store-sqlite/callback-store.ts'
import { openLoads } from '../adapters/source-load/source-load.ts'
import { sharedProcesses } from '../adapters/system/shared-processes.ts'
import { actingAs } from '../adapters/system/acting.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { freshSecret } from '../adapters/system/fresh-secret.ts'
import { randomIds } from '../adapters/system/ids.ts'
import { localProcesses } from '../adapters/system/processes.ts'
import { openSchemaFiles } from '../adapters/workspace-file/schema-files.ts'
import { begin } from './beginning.ts'
import { failureOf } from './common/failure.ts'
import { drivers, surveys } from './drivers.ts'
import { openChosenStore, storeFileName } from './store.ts'
import { joinTeam } from './team.ts'
import { runSandboxCallbacks } from './common/sandbox-callbacks.ts'
import { createRouter } from '../api/router.ts'
import type { EngineRouter } from '../api/router.ts'
import { RESEND_BATCH } from '../app/engine-ports.ts'
import { AWAY_MS_MAX } from '../app/jobs/patience.ts'
import type { Callbacks } from '../app/callback/views.ts'
import type { EnginePorts } from '../app/engine-ports.ts'
import { createEngine } from '../app/engine.ts'
import type { Engine } from '../app/engine.ts'
import type { Watch } from '../app/watch/watch.ts'
import type { Operators } from '../app/operators/operators.ts'
import { createMetrics } from '../app/metrics/metrics.ts'
import type { Caller } from '../domain/role.ts'
import { openMetricsText } from '../domain/open-metrics.ts'
import type { OpenIdConfig } from '../domain/sign-on.ts'
import type { Store } from '../ports/store.ts'
import type { OpenBroker } from '../ports/drivers.ts'
import type { ServiceCalls } from '../ports/service-calls.ts'
import type { SignOnService } from '../ports/sign-on.ts'
import type { KeyPlace } from '../ports/signing.ts'
import type { HostLog, Secrets, WorkspaceStore } from '../ports/surroundings.ts'

export interface HostOptions {
  readonly host: 'desktop' | 'http' | 'cli'
  readonly version: string
  /** Operating system user, as the journal names it. */
  readonly operator: string
  /** Folder of the local store, and of what this console keeps for itself. Created where it is missing. */
  readonly dataDir: string
  readonly workspace: WorkspaceStore
  /** A shared store in the place of the one that the workspace names. Absent or null: that one. */
  readonly storeUrl?: string | null
  /** The workspace's file, beside which its payload schemas are; null: it is no file, they are in `dataDir`. */
  readonly workspacePath: string | null
  readonly secrets: Secrets
  /** True where `secrets` keeps what was typed beyond this process. */
  readonly keepsPasswords: boolean
  /** Where the key is that signs the journal; a file in `dataDir` where it is not said. */
  readonly signingKey?: KeyPlace
  readonly log: HostLog
  /** The sandbox's in-process broker; null outside the sandbox. */
  readonly memoryBroker: OpenBroker | null
}

export interface Running {
  /** Implements the whole contract. Serve it over a port or a socket, or call it with `createRouterClient`; each call says whose it is. */
  readonly router: EngineRouter
  /** Whoever started this process, on their own machine: they hold what the engine holds. */
  readonly self: Caller
  /** For a monitoring system, in the text of OpenMetrics. */
  readonly metrics: () => Promise<string>
  /** For the host that tells a person. */
  readonly alerts: Pick<Watch, 'subscribe'>
  /** For the host that is a callback service. */
  readonly callbacks: Callbacks
  /** For the host that people log in to. */
  readonly operators: Operators
  /** Who vouches for people beside tokens, as the workspace says; null: nobody. */
  readonly signOn: () => Promise<{ readonly config: OpenIdConfig; readonly service: SignOnService } | null>
  /** Opens every source, for whoever asks next. */
  readonly openSources: (signal: AbortSignal) => Promise<void>
  /** Waits for what is claimed, within a deadline, then closes every connection and the store. */
  close(): Promise<void>
}

const callbackFileName = 'callback.db'
const paces = { batch: RESEND_BATCH, awayMsMax: AWAY_MS_MAX }

/** The one place where adapters meet the engine. Recovers what a crash left behind before it resolves. */
export async function compose(options: HostOptions): Promise<Running> {
  const { host, version, operator, dataDir, keepsPasswords, memoryBroker } = options
  const { log } = options
  const clock = systemClock()
  const { signer, store, workspace } = await openChosenStore({ ...options, clock })
  const local = localProcesses()
  const shared = store.leases && sharedProcesses({ self: local.self, leases: store.leases, clock, log })
  const schemaFiles = openSchemaFiles({
    workspacePath: options.workspacePath ?? join(dataDir, storeFileName),
  })
  const texts = openMappingTexts(schemaFiles)
  let callbackStore: OpenedCallbackStore | null = null
  const ports: EnginePorts = {
    loads: openLoads({ clock }),
    drivers: drivers({ clock, log, memory: memoryBroker, texts }),
    workspace,
    payloadSchemas: schemas,
    schemaFiles,
    secrets: options.secrets,
    ...storePorts(store),
    signing: { signer, readKey: readVerifyingKey },
    serviceCalls,
    mapping: { layouts: knownLayouts, texts, survey: surveys, confirmations: store.confirmations },
    callbackStore: async () =>
      (callbackStore ??= openCallbackStore({ path: join(dataDir, callbackFileName), clock })),
    clock,
    ids: randomIds(clock),
    random: Math.random,
    freshSecret,
    processes: shared ?? local,
    log,
    ...actingAs(operator),
    ...paces,
  }
  const engine = createEngine(ports)
  let listening: { close(): Promise<void> } | null = null
  let team: { close(): Promise<void> } | null = null
  const ending = new AbortController()
  const close = async (): Promise<void> => {
    ending.abort()
    await listening?.close()
    await team?.close()
    await engine.close()
    await shared?.close()
    callbackStore?.close()
    await store.close()
  }
  try {
    await shared?.renew()
    shared?.start()
    if (store.refusal === null)
      await begin({ engine, host, log, clock, start: startSchedules }, ending.signal)
    else log.warn({ code: store.refusal.code, ...store.refusal.detail }, 'store-read-only')
    if (shared !== null) team = await joinTeam(engine, shared)
    if (memoryBroker !== null) listening = runSandboxCallbacks(engine.callbacks, log)
  } catch (error) {
    await close()
    throw error
  }
  const info = { version, host, sandbox: memoryBroker !== null, keepsPasswords }
  return {
    router: createRouter(engine, { ...info, lookOnly: store.refusal && failureOf(store.refusal) }),
    self: { operator, role: 'administrator' },
    ...forTheHost(engine, version),
    ...comingIn(engine),
    close,
  }
}

function forTheHost(
  engine: Engine,
  version: string,
): Pick<Running, 'metrics' | 'alerts' | 'callbacks' | 'openSources'> {
  return {
    metrics: metricsOf(engine, version),
    alerts: engine.watch,
    callbacks: engine.callbacks,
    openSources: (signal) => engine.connections.openSources(signal),
  }
}

/** The compiler of schemas takes some 5 MB, and few sources name one. */
const schemas = async () => (await import('../adapters/schema-ajv/ajv-schemas.ts')).createAjvSchemas()

/** Node's HTTP as a module brings the fetch of a browser with it, a tenth of the engine's start; few consoles call anybody. */
const serviceCalls: ServiceCalls = {
  async call(request, signal) {
    const { openHttpCalls } = await import('../adapters/http-calls/http-calls.ts')
    return openHttpCalls().call(request, signal)
  },
}

function comingIn({ operators, ports }: Engine): Pick<Running, 'operators' | 'signOn'> {
  return { operators, signOn: () => signOnOf(ports) }
}

async function signOnOf({ workspace, secrets }: EnginePorts) {
  const { login } = await workspace.load()
  const config = login?.openId
  if (config === undefined) return null
  const { clientSecret } = config
  const secret = async () =>
    clientSecret === undefined ? null : secrets.resolve('login.openId', clientSecret)
  return { config, service: openOpenId(config, secret) }
}

/** What is kept in the store. */
function storePorts(store: Store) {
  return {
    jobStore: store.jobs,
    jobReader: store.jobReader,
    decisionStore: store.decisions,
    journal: store.journal,
    sweepStore: store.sweeps,
    checkRunStore: store.checkRuns,
    halfStore: store.halfMessages,
    auditStore: store.audits,
    auditWatches: store.auditWatches,
    recordLedger: store.recordLedger,
    upstream: store.upstream,
    samples: store.samples,
    alerts: store.alerts,
    noteStore: store.notes,
    viewStore: store.views,
    approvals: store.approvals,
    operators: store.operators,
    deeds: store.deeds,
  } satisfies Partial<EnginePorts>
}

function metricsOf(engine: Engine, version: string): Running['metrics'] {
  const metrics = createMetrics({ ...engine, version })
  return async () => openMetricsText(await metrics.read())
}

async function startSchedules({ sweeps, checkBacks, auditWatching, watch }: Engine): Promise<void> {
  await sweeps.start()
  await checkBacks.start()
  await auditWatching.start()
  watch.start()
}
