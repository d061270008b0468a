import { RedriveError } from '../../domain/errors.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Changes } from '../changes.ts'
import type { EnginePorts } from '../engine-ports.ts'

export interface Unlock {
  readonly source: string
  readonly unlockedUntil: string
}

/** Sources are read-only until an operator unlocks them for some minutes. Unlocks end with the process. */
export interface Locks {
  unlock(request: {
    readonly source: string
    readonly environment: Environment
    readonly minutes: number
    /** Production: the source's name, typed by the operator. */
    readonly typedName: string | null
  }): Promise<Unlock>
  lock(source: string): Promise<void>
  unlockedUntil(source: string): string | null
  unlocked(): readonly Unlock[]
  /** Throws `source-locked`. */
  require(source: string): void
}

const MINUTE_MS = 60_000

export function createLocks(ports: EnginePorts, changes: Changes): Locks {
  const untilMs = new Map<string, number>()
  const current = (source: string): number | null => {
    const until = untilMs.get(source)
    return until !== undefined && until > ports.clock.now().getTime() ? until : null
  }
  const journal = (action: 'source-unlocked' | 'source-locked', source: string, detail: object) =>
    ports.journal.append({ action, operator: ports.operator, source, subject: null, detail: { ...detail } })

  return {
    async unlock({ source, environment, minutes, typedName }) {
      if (environment === 'production' && typedName !== source) {
        throw new RedriveError('source-locked', 'never', { source })
      }
      const until = ports.clock.now().getTime() + minutes * MINUTE_MS
      const unlockedUntil = new Date(until).toISOString()
      await journal('source-unlocked', source, { minutes, unlockedUntil, environment })
      untilMs.set(source, until)
      changes.bump()
      return { source, unlockedUntil }
    },
    async lock(source) {
      if (current(source) === null) return
      untilMs.delete(source)
      await journal('source-locked', source, {})
      changes.bump()
    },
    unlockedUntil(source) {
      const until = current(source)
      return until === null ? null : new Date(until).toISOString()
    },
    unlocked() {
      return [...untilMs.keys()].flatMap((source) => {
        const until = current(source)
        return until === null ? [] : [{ source, unlockedUntil: new Date(until).toISOString() }]
      })
    },
    require(source) {
      if (current(source) === null) throw new RedriveError('source-locked', 'never', { source })
    },
  }
}
