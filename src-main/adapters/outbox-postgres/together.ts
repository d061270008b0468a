/** Runs them side by side. One that fails stops the others; rejects with what failed first, when all have ended. */
export async function together(
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
  outer: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([outer, stop.signal])
  const failures: unknown[] = []
  const attempt = async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    try {
      await work(signal)
    } catch (error) {
      failures.push(error)
      stop.abort()
    }
  }
  await Promise.all(works.map(attempt))
  if (failures.length > 0) throw failures[0]
}
