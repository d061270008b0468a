import type { Clock } from '../../ports/surroundings.ts'
import type { Interruption } from './job-run.ts'
import type { RunEnd } from './run-job.ts'
import type { Waiting } from './run-status.ts'

/** A source or broker that has been away for so long needs a person; the job is offered again then. */
export const AWAY_MS_MAX = 10 * 60 * 1_000
const PAUSE_MS_FIRST = 500
const PAUSE_MS_MAX = 15_000

/**
 * Runs again and again while what stops it may pass by itself. `run` says whether it got anywhere: then the patience is
 * as fresh as at the start.
 */
export async function patiently(
  run: () => Promise<{ readonly end: RunEnd; readonly progress: boolean }>,
  {
    clock,
    awayMsMax,
    onWaiting,
  }: {
    readonly clock: Clock
    readonly awayMsMax: number
    readonly onWaiting: (waiting: Waiting) => void
  },
  stop: AbortSignal,
): Promise<RunEnd> {
  let since: Date | null = null
  let pauseMs = PAUSE_MS_FIRST
  for (;;) {
    const { end, progress } = await run()
    if (progress) {
      since = null
      pauseMs = PAUSE_MS_FIRST
    }
    if (end.end !== 'interrupted' || !end.interruption.passing || stop.aborted) return end
    since ??= clock.now()
    const awayMs = clock.now().getTime() - since.getTime()
    if (awayMs + pauseMs > awayMsMax) return end
    onWaiting(waitingFor(end.interruption, since))
    await clock.sleep(pauseMs, stop).catch(() => undefined)
    if (stop.aborted) return { end: 'stopped' }
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
  }
}

function waitingFor({ code, reason }: Interruption, since: Date): Waiting {
  return { code, reason, since: since.toISOString() }
}
