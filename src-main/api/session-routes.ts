import { session as contract } from '../../src-preload/contract/session.ts'
import type { SessionInfo } from '../../src-preload/contract/session.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'
import { sessionStatus } from './session-status.ts'
import { required } from './signal.ts'
import { watch } from './watching.ts'

const STATUS_EVERY_MS = 500
const STATUS_AT_LEAST_MS = 15_000
/** How often open connections are asked for their latency while somebody is looking. */
const PING_EVERY_MS = 15_000
const PING_TIMEOUT_MS = 5_000

/** What is the same for whoever asks. */
export type EngineInfo = Omit<SessionInfo, 'operator' | 'role' | 'canLogOut'>

export function sessionRoutes(engine: Engine, info: EngineInfo) {
  const os = implementer(engine, { session: contract })
  const { changes, ports } = engine
  return {
    info: os.session.info.handler(({ context: { caller, canLogOut = false } }) => ({
      ...info,
      ...caller,
      canLogOut,
    })),
    watch: os.session.watch.handler(async function* ({ signal }) {
      const watching = required(signal)
      const ended = new AbortController()
      const until = AbortSignal.any([watching, ended.signal])
      void keepPinging(engine, until)
      const options = { everyMs: STATUS_EVERY_MS, atLeastMs: STATUS_AT_LEAST_MS, signal: until }
      try {
        yield* watch(
          () => sessionStatus(engine),
          () => false,
          { changes, clock: ports.clock, ...options },
        )
      } finally {
        ended.abort()
      }
    }),
  }
}

async function keepPinging(engine: Engine, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await engine.ports.clock.sleep(PING_EVERY_MS, signal).catch(() => undefined)
    if (!signal.aborted)
      await engine.connections.ping(AbortSignal.any([signal, AbortSignal.timeout(PING_TIMEOUT_MS)]))
  }
}
