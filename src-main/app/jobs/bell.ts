/** Wakes everybody who waits, as often as it is rung. Who waits looks at the state again and may wait anew. */
export interface Bell {
  ring(): void
  rung(): Promise<void>
}

export function createBell(): Bell {
  let bell = Promise.withResolvers<void>()
  return {
    ring() {
      bell.resolve()
      bell = Promise.withResolvers<void>()
    },
    rung: () => bell.promise,
  }
}
