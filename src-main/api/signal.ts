/** Callers over a socket always bring a signal; one in the same process may leave it out. */
export function required(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal
}
