// The engine's process: started by the main process, so that a busy window costs no heartbeat of a broker and the
// synchronous store no frame of a window.
import './small-heap.ts'
import './no-forms.ts'
import './no-eval.ts'
import type { SupportedMessagePort } from '@orpc/client/message-port'
import { createRouterClient } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import type { MessagePortMain } from 'electron'
import { keyInSecrets } from '../../adapters/signing-ed25519/key-in-secrets.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { openWorkspaceFile } from '../../adapters/workspace-file/workspace-file.ts'
import type { CallContext } from '../../api/implementer.ts'
import type { Alert } from '../../domain/alert/alert.ts'
import type { HostLog } from '../../ports/surroundings.ts'
import type { Sandbox } from '../../sandbox/start-sandbox.ts'
import { everySecret } from '../common/every-secret.ts'
import { failureOf } from '../common/failure.ts'
import { importPlanFile } from '../common/import-plan-file.ts'
import { createLog } from '../common/log.ts'
import { writeNoReports } from '../common/no-reports.ts'
import { isRequestFrame } from '../common/request-frame.ts'
import { compose } from '../compose.ts'
import type { Running } from '../compose.ts'
import { toEngine } from './engine-messages.ts'
import type { AlertNotice, FromEngine, ImportedPlan, StartOptions, ToEngine } from './engine-messages.ts'
import { createEngineSecrets } from './engine-secrets.ts'
import type { EngineSecrets } from './engine-secrets.ts'

const OPEN_MS_MAX = 30_000

interface Engine {
  readonly running: Running
  readonly sandbox: Sandbox | null
  readonly handler: RPCHandler<CallContext>
}

type ImportPlan = Extract<ToEngine, { type: 'import-plan' }>

writeNoReports()
const parent = process.parentPort
const log = createLog('warn')
/** Pages that asked before the engine stood, and plan files that it was opened with. */
const early: MessagePortMain[] = []
const earlyPlans: ImportPlan[] = []
let secrets: EngineSecrets | null = null
let engine: Engine | null = null

parent.on('message', ({ data, ports }) => {
  const message = toEngine.parse(data)
  if (message.type === 'connect') ports.forEach(connect)
  else act(message).catch((error: unknown) => post({ type: 'failed', error: failureOf(error) }))
})

async function act(message: Exclude<ToEngine, { type: 'connect' }>): Promise<void> {
  switch (message.type) {
    case 'start':
      secrets = secretsOf(message.options)
      engine = await open(message.options, secrets, log)
      engine.running.alerts.subscribe(({ open: { length }, fresh }) =>
        post({ type: 'alerts', firing: length, fresh: fresh.map(noticeOf) }),
      )
      early.splice(0).forEach(connect)
      earlyPlans.splice(0).forEach((message) => void importPlan(message))
      return post({ type: 'ready' })
    case 'secret':
      return secrets?.answer(message.request, message.value, message.error)
    case 'import-plan':
      return importPlan(message)
    case 'stop':
      await engine?.running.close()
      await engine?.sandbox?.close()
      return post({ type: 'stopped' })
  }
}

function secretsOf({ keepsPasswords, dataDir }: StartOptions): EngineSecrets {
  const { env } = process
  return everySecret(createEngineSecrets({ env, keepsPasswords, post }), {
    dataDir,
    env,
    clock: systemClock(),
  })
}

async function open(options: StartOptions, secrets: EngineSecrets, log: HostLog): Promise<Engine> {
  const { version, operator, dataDir, workspaceFile, keepsPasswords } = options
  const sandbox = options.sandbox ? await openSandbox(dataDir, log) : null
  try {
    const running = await compose({
      host: 'desktop',
      version,
      operator,
      dataDir: sandbox?.storeDir ?? dataDir,
      workspace: sandbox?.workspace ?? openWorkspaceFile({ path: workspaceFile }),
      workspacePath: sandbox ? null : workspaceFile,
      secrets,
      keepsPasswords,
      // Without a key store that is worth the name it is a file, as on the other hosts.
      ...(keepsPasswords ? { signingKey: keyInSecrets(secrets) } : {}),
      log,
      memoryBroker: sandbox?.memoryBroker ?? null,
    })
    return { running, sandbox, handler: new RPCHandler(running.router) }
  } catch (error) {
    await sandbox?.close()
    throw error
  }
}

function noticeOf({ rule, subject: { kind, name }, when, value }: Alert): AlertNotice {
  const trouble = 'trouble' in when ? when.trouble : null
  return { rule, kind, name, measure: when.measure, trouble, value }
}

/** Loaded only when asked for: a packaged desktop has no embedded PostgreSQL. */
async function openSandbox(dataDir: string, log: HostLog): Promise<Sandbox> {
  const { startSandbox } = await import('../../sandbox/start-sandbox.ts')
  return startSandbox({ dataDir, log })
}

async function importPlan(message: ImportPlan): Promise<void> {
  if (engine === null) return void earlyPlans.push(message)
  const { request, path } = message
  const { router, self } = engine.running
  const client = createRouterClient(router, { context: { caller: self } })
  const imported: ImportedPlan = await importPlanFile(client, path).then(
    ({ plan }) => ({ plan, error: null }),
    (error: unknown) => ({ plan: null, error: failureOf(error) }),
  )
  post({ type: 'plan-imported', request, imported })
}

function connect(port: MessagePortMain): void {
  if (engine === null) {
    early.push(port)
    return
  }
  engine.handler.upgrade(onlyFrames(port), { context: { caller: engine.running.self } })
  port.start()
  // While the page's scripts are still being read: its first questions would wait for it, a tenth of a second. What fails is
  // told to whoever asks.
  engine.running.openSources(AbortSignal.timeout(OPEN_MS_MAX)).catch(() => undefined)
}

/** The port as the RPC handler sees it: whatever is no request of the protocol ends the conversation. */
function onlyFrames(port: MessagePortMain): SupportedMessagePort {
  return {
    on(event: string, listener: (event?: { data: unknown }) => void) {
      if (event === 'close') port.on('close', () => listener())
      if (event !== 'message') return
      port.on('message', (message) => {
        if (isRequestFrame(message.data)) listener(message)
        else port.close()
      })
    },
    postMessage: (data: unknown) => port.postMessage(data),
  }
}

function post(message: FromEngine): void {
  parent.postMessage(message)
}
