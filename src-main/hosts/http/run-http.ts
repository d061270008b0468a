import { systemClock } from '../../adapters/system/clock.ts'
import type { HostLog } from '../../ports/surroundings.ts'
import type { Running } from '../compose.ts'
import { RENDERER_DIR } from '../common/product.ts'
import { aborted } from '../common/signals.ts'
import { createSignOn } from './sign-on.ts'
import { serveHttp } from './serve-http.ts'

export interface RunHttpOptions {
  readonly running: Running
  readonly port: number
  readonly say: (address: string) => void
  readonly log: HostLog
  /** Numbers for a monitoring system are served too. */
  readonly metrics: boolean
  /** People log in, each as themselves; false: an address that works once is for whoever started this. */
  readonly operators: boolean
  /** Of a proxy on this machine that browsers come through; null: there is none. */
  readonly origin: string | null
}

/** Serves until `signal` is aborted, then ends sockets first and the engine last. */
export async function runHttp(options: RunHttpOptions, signal: AbortSignal): Promise<void> {
  const { running, port, say, log, metrics, origin } = options
  try {
    const host = await serveHttp({
      router: running.router,
      self: running.self,
      ...(options.operators ? { login: await loginOf(running) } : {}),
      origin,
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

async function loginOf({ operators, signOn }: Running) {
  const clock = systemClock()
  const vouched = await signOn()
  const nowMs = (): number => clock.now().getTime()
  return { operators, clock, signOn: vouched && createSignOn({ ...vouched, nowMs }) }
}
