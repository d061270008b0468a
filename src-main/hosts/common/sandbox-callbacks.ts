import type { Callbacks } from '../../app/callback/views.ts'
import type { Log } from '../../ports/surroundings.ts'

/** The sandbox has nobody else to run its callback services: they run inside its own engine, and ask nobody. */
export function runSandboxCallbacks(callbacks: Callbacks, log: Log): { close(): Promise<void> } {
  const stop = new AbortController()
  const running = callbacks.list().then((views) =>
    Promise.all(
      views
        .filter(({ callback }) => callback.listen !== undefined)
        .map(({ source }) =>
          callbacks
            .service({ source, asks: false })
            .run(stop.signal)
            .catch((error: unknown) => {
              if (!stop.signal.aborted) log.warn({ source, reason: String(error) }, 'callback-ended')
            }),
        ),
    ),
  )
  return {
    async close() {
      stop.abort()
      await running.catch(() => undefined)
    },
  }
}
