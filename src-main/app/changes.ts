/** Tells listeners that something changed; what changed they ask for themselves. */
export interface Changes {
  /** Grows with every change. */
  revision(): number
  bump(): void
  /** Calls `listener` after every change; returns the way to stop it. */
  subscribe(listener: () => void): () => void
}

export function createChanges(): Changes {
  const listeners = new Set<() => void>()
  let revision = 0
  return {
    revision: () => revision,
    bump() {
      revision += 1
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
