import type { HostLog } from '../../ports/surroundings.ts'
import { startSandbox } from '../../sandbox/start-sandbox.ts'
import type { Sandbox } from '../../sandbox/start-sandbox.ts'
import { openLocalEngine } from '../common/local-engine.ts'
import type { DesktopOptions } from '../desktop/desktop-arguments.ts'
import { runHttp } from '../http/run-http.ts'

export interface RunBrowserOptions extends DesktopOptions {
  readonly port: number
  readonly say: (line: string) => void
  readonly log: HostLog
}

/** The same console for a browser, until `signal` is aborted. The sandbox ends after the engine that uses it. */
export async function runBrowser(options: RunBrowserOptions, signal: AbortSignal): Promise<void> {
  const { sandbox, dataDir, say, log } = options
  if (!sandbox) return serve(options, null, signal)
  say('Starting the sandbox: a PostgreSQL, a broker and a small shop in trouble…')
  const started = await startSandbox({ dataDir, log, signal })
  try {
    await serve(options, started, signal)
  } finally {
    await started.close()
  }
}

async function serve(
  options: RunBrowserOptions,
  sandbox: Sandbox | null,
  signal: AbortSignal,
): Promise<void> {
  const { dataDir, workspaceFile, port, say, log } = options
  if (signal.aborted) return
  const running = await openLocalEngine({
    host: 'http',
    dataDir: sandbox?.storeDir ?? dataDir,
    workspace: sandbox?.workspace ?? { file: workspaceFile },
    memoryBroker: sandbox?.memoryBroker ?? null,
    asks: sandbox === null,
    log,
  })
  const alone = { metrics: false, operators: false, origin: null }
  await runHttp({ running, port, say: (url) => say(`Redrive is at ${url}`), log, ...alone }, signal)
}
