import { utilityProcess } from 'electron'
import type { MessagePortMain, UtilityProcess } from 'electron'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { engineMemory } from '../common/engine-memory.ts'
import { createAsks } from './engine-asks.ts'
import type { Asks } from './engine-asks.ts'
import type { FromEngine, ImportedPlan, SecretRequest, StartOptions, ToEngine } from './engine-messages.ts'
import type { SecretAnswer } from './key-store.ts'

const RESTART_FIRST_MS = 250
const RESTART_LAST_MS = 10_000
/** An engine that stood so long is not one that cannot stand. */
const STEADY_MS = 60_000
const RESTARTS_MAX = 5
const STOP_TIMEOUT_MS = 15_000

const IMPORT_ENDED: ImportedPlan = {
  plan: null,
  error: {
    code: 'internal',
    retry: 'later',
    detail: { reason: 'the engine ended before it had read the plan file; nothing of it was kept' },
  },
}

export interface EngineProcessOptions {
  /** The bundle of desktop/engine.ts. */
  readonly module: string
  readonly start: StartOptions
  readonly env: Readonly<Record<string, string | undefined>>
  readonly answerSecret: (ask: SecretRequest) => Promise<SecretAnswer>
  /** It ended by itself and is started again. */
  readonly onRestart: (exitCode: number) => void
  readonly onAlerts: (message: Extract<FromEngine, { type: 'alerts' }>) => void
  /** It cannot be started, or does not stand. */
  readonly onFailed: (error: ErrorData) => void
}

export interface EngineProcess {
  /** Hands a page's port over; closes it where there is no engine, so that the page asks again. */
  connect(port: MessagePortMain): void
  /** Takes a plan file into the store; nothing of it runs. */
  importPlan(path: string): Promise<ImportedPlan>
  /** Starts anew after a failure. */
  retry(): void
  /** Lets it finish what is claimed, within a deadline. */
  stop(): Promise<void>
}

/**
 * Owns the engine's process:
 *
 *   starting ──▶ standing ──▶ stopping ──▶ gone
 *      │  ▲         │ exit
 *      │  └─────────┘ after a pause that doubles
 *      └──▶ failed (told so by the engine, or too many exits) ──retry──▶ starting
 */
export function createEngineProcess(options: EngineProcessOptions): EngineProcess {
  const { module, start, env, answerSecret, onAlerts, onRestart, onFailed } = options
  let child: UtilityProcess | null = null
  let restarts = 0
  let pause: NodeJS.Timeout | undefined
  let stopping = false
  const imports = createAsks<ImportedPlan>()

  function launch(): void {
    const startedAtMs = Date.now()
    const launched = utilityProcess.fork(module, [], {
      serviceName: 'Redrive engine',
      env: { ...engineEnvironment(env), ...engineMemory },
      stdio: 'inherit',
    })
    child = launched
    launched.on(
      'message',
      (data: unknown) => void understood(data).then((message) => hear(launched, message)),
    )
    launched.once('exit', (exitCode) => {
      if (child !== launched) return
      child = null
      imports.end(IMPORT_ENDED)
      if (!stopping) again(exitCode, Date.now() - startedAtMs)
    })
    post(launched, { type: 'start', options: start })
  }

  function hear(from: UtilityProcess, message: FromEngine): void {
    if (message.type === 'failed') {
      // Nothing it holds is worth keeping, and starting it again would only fail again.
      if (child === from) child = null
      from.kill()
      onFailed(message.error)
    }
    if (message.type === 'alerts') onAlerts(message)
    if (message.type === 'plan-imported') imports.answer(message.request, message.imported)
    if (message.type === 'secret') {
      void answerSecret(message.ask).then((answer) =>
        post(from, { type: 'secret', request: message.request, ...answer }),
      )
    }
  }

  function again(exitCode: number, stoodMs: number): void {
    restarts = stoodMs >= STEADY_MS ? 1 : restarts + 1
    if (restarts > RESTARTS_MAX) {
      const reason = `the engine ended ${restarts} times in a row, last with code ${exitCode}`
      onFailed({ code: 'internal', retry: 'later', detail: { reason } })
      return
    }
    onRestart(exitCode)
    pause = setTimeout(launch, Math.min(RESTART_FIRST_MS * 2 ** (restarts - 1), RESTART_LAST_MS))
  }

  launch()
  return {
    connect(port) {
      if (child === null) port.close()
      else child.postMessage({ type: 'connect' } satisfies ToEngine, [port])
    },
    importPlan: (path) => askImport(child, imports, path),
    retry() {
      restarts = 0
      if (child === null && !stopping) launch()
    },
    async stop() {
      stopping = true
      clearTimeout(pause)
      if (child !== null) await ended(child)
      child = null
    },
  }
}

function askImport(
  child: UtilityProcess | null,
  imports: Asks<ImportedPlan>,
  path: string,
): Promise<ImportedPlan> {
  if (child === null) return Promise.resolve(IMPORT_ENDED)
  return imports.ask((request) => post(child, { type: 'import-plan', request, path }))
}

function post(child: UtilityProcess, message: ToEngine): void {
  child.postMessage(message)
}

/** An engine whose words this process does not know is one that it cannot work with. */
async function understood(data: unknown): Promise<FromEngine> {
  const { fromEngine } = await import('./hear-engine.ts')
  const message = fromEngine.safeParse(data)
  if (message.success) return message.data
  const reason = `the engine said what this console does not know: ${message.error.message}`
  return { type: 'failed', error: { code: 'internal', retry: 'later', detail: { reason } } }
}

async function ended(child: UtilityProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.on('message', (data: unknown) => {
    void understood(data).then(({ type }) => {
      if (type === 'stopped' || type === 'failed') child.kill()
    })
  })
  post(child, { type: 'stop' })
  const deadline = setTimeout(() => child.kill(), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(deadline)
}

/**
 * The engine needs the environment for the passwords that a workspace names, but not what would change its behaviour
 * unseen: libpq's variables fill in what a connection leaves out, Node's and Electron's change the runtime.
 */
export function engineEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(PG|NODE_|ELECTRON_)/i.test(entry[0]),
  )
  return Object.fromEntries(entries)
}
