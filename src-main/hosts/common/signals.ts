const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const FORCED_EXIT_CODE = 1
const PARENT_LOOK_MS = 500

/** Aborted by the first signal to end. The second one does not wait for anything: the next start recovers. */
export function endSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(FORCED_EXIT_CODE)
      controller.abort()
    })
  }
  endWithNpm(controller)
  return controller.signal
}

/**
 * npm hands a signal to the shell that it started us in, and that shell ends without handing it on. Nobody could end
 * us then but by hunting for the process, and a sandbox would keep its database: so we end when that shell is gone.
 */
function endWithNpm(controller: AbortController): void {
  const shell = process.ppid
  if (process.env['npm_lifecycle_event'] === undefined) return
  const look = setInterval(() => {
    if (process.ppid !== shell) controller.abort()
  }, PARENT_LOOK_MS)
  look.unref()
  controller.signal.addEventListener('abort', () => clearInterval(look), { once: true })
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
