const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const FORCED_EXIT_CODE = 1

/** Aborted by the first signal to end. The second one does not wait for anything: the next start recovers. */
export function endSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(FORCED_EXIT_CODE)
      controller.abort()
    })
  }
  return controller.signal
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
