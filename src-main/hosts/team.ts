import type { Engine } from '../app/engine.ts'
import type { SharedProcesses } from '../adapters/system/shared-processes.ts'
import { interruptionOf } from '../app/jobs/job-run.ts'

/** How often a console looks for what the others left behind. */
const LOOK_EVERY_MS = 5_000

/** From now on this console takes over what processes of the shared store had under way that are gone. */
export async function joinTeam(
  engine: Engine,
  processes: SharedProcesses,
): Promise<{ close(): Promise<void> }> {
  const { clock, log } = engine.ports
  const stop = new AbortController()
  const look = (): Promise<void> =>
    engine.takeOver().catch((error: unknown) => {
      log.warn(interruptionOf(error), 'team-not-looked-after')
    })
  // Who had no lease at the first look, at the start, is gone where it has none now.
  await processes.renew().then(look, () => undefined)
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, stop.signal).catch(() => undefined)
      if (!stop.signal.aborted) await look()
    }
  })()
  return {
    async close() {
      stop.abort()
      await looking
    },
  }
}
