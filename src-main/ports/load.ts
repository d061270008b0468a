import type { LoadLimits } from '../domain/load.ts'

/** The place of one open connection among those that a source may have. */
export interface Room {
  /** Nobody uses it: `giveUp` is called when another pool needs the place, and ends in `free`. */
  idle(giveUp: () => void): void
  /** It is used again. */
  busy(): void
  /** The connection is closed. */
  free(): void
}

/**
 * What one source is asked at a time: the drivers' side. All pools of a source share one. Whoever runs a statement has a
 * turn first and takes a connection then, never the other way round, and uses no other connection meanwhile: so there is
 * always one to be had.
 */
export interface SourceLoad {
  /**
   * Waits for a turn, runs `work` and ends the turn. What a person waits for comes before what runs in the background, which
   * is not starved. `long` is a reading of many statements: one turn is always left for others. Throws `source-busy` where
   * the wait was too long, `cancelled`.
   */
  turn<T>(length: 'short' | 'long', work: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** Within a turn. Throws as `turn`. */
  room(signal: AbortSignal): Promise<Room>
  /** Runs a statement that has everything it needs; one that measures the server is measured. */
  timed<T>(statement: () => Promise<T>): Promise<T>
  /** A COMMIT of a write took so long on the server. */
  committed(tookMs: number): void
  /** Between two batches of work in the background: waits while the database is slower than usual. `signal` ends the wait. */
  breathe(signal: AbortSignal): Promise<void>
}

/** Loads of all sources of this process. */
export interface Loads {
  /** Always the same one for a name; the limits are those of the newest call. */
  of(source: string, limits: LoadLimits): SourceLoad
  /** One small statement that tells how fast the server answers: asked once a second at most, while there is work in the background. Null: nothing does. */
  measureBy(source: string, ask: ((signal: AbortSignal) => Promise<unknown>) | null): void
  /** Asks it now, where nobody has just done so; nobody waits for the answer. */
  measure(source: string): void
  /** As that of the source; nothing where nothing of it was ever opened. */
  breathe(source: string, signal: AbortSignal): Promise<void>
  /** How many times slower than usual its database answers; null: it does not, or nothing is known. */
  slower(source: string): number | null
  /** Whatever `work` begins gives way to what a person waits for. */
  inBackground<T>(work: () => T): T
  /** Hears when a source has become slow, or is no longer. */
  watch(listener: () => void): void
}

/** No limits: for a driver that stands alone. */
export const unlimited: SourceLoad = {
  turn: (_length, work) => work(),
  room: () => Promise.resolve({ idle: () => undefined, busy: () => undefined, free: () => undefined }),
  timed: (statement) => statement(),
  committed: () => undefined,
  breathe: () => Promise.resolve(),
}
