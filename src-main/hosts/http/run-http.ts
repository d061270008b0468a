import type { Logger } from 'pino'
import type { Running } from '../compose.ts'
import { RENDERER_DIR } from '../common/product.ts'
import { aborted } from '../common/signals.ts'
import { serveHttp } from './serve-http.ts'

export interface RunHttpOptions {
  readonly running: Running
  readonly port: number
  readonly say: (address: string) => void
  readonly log: Logger
  /** Numbers for a monitoring system are served too. */
  readonly metrics: boolean
}

/** Serves until `signal` is aborted, then ends sockets first and the engine last. */
export async function runHttp(
  { running, port, say, log, metrics }: RunHttpOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    const host = await serveHttp({
      router: running.router,
      rendererDir: RENDERER_DIR,
      port,
      log,
      ...(metrics ? { metrics: running.metrics } : {}),
    })
    say(host.url)
    await aborted(signal)
    await host.close()
  } finally {
    await running.close()
  }
}
