import { isOfStore } from '../../domain/errors.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { interruptionOf } from './job-run.ts'
import type { Waiting } from './run-status.ts'

/** How often it is tried again to write down that a job stands, while the store takes nothing. */
const AGAIN_MS = 1_000

/**
 * A job whose store failed publishes nothing any more, and that it stands cannot be written down either. So it is tried
 * until it can: from then on a person can let the job go on. `onStuck` hears why, the first time; `closing` ends the trying,
 * and the next start takes the job over.
 */
export async function untilWritten(
  write: () => Promise<void>,
  { clock, onStuck }: { readonly clock: Clock; readonly onStuck: (waiting: Waiting, error: unknown) => void },
  closing: AbortSignal,
): Promise<void> {
  const since = clock.now().toISOString()
  for (let first = true; ; first = false) {
    try {
      return await write()
    } catch (error) {
      const { code, reason } = interruptionOf(error)
      if (!isOfStore(code) || closing.aborted) throw error
      if (first) onStuck({ code, reason, since }, error)
    }
    await clock.sleep(AGAIN_MS, closing).catch(() => undefined)
  }
}
