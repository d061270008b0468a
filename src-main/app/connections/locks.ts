import { RedriveError } from '../../domain/errors.ts'
import { unlockMinutesMax } from '../../domain/policy.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Changes } from '../changes.ts'
import type { EnginePorts } from '../engine-ports.ts'

export interface Unlock {
  readonly source: string
  readonly unlockedUntil: string
  /** Who unlocked it, and why; null: nobody was asked. */
  readonly by: string
  readonly reason: string | null
}

/** Sources are read-only until an operator unlocks them for some minutes. Unlocks end with the process. */
export interface Locks {
  /** Throws `source-locked`, `reason-required`, `unlock-too-long`. */
  unlock(request: {
    readonly source: string
    readonly environment: Environment
    readonly minutes: number
    /** Production: the source's name, typed by the operator. */
    readonly typedName: string | null
    /** Production: why, for the journal and for whoever sees that it is unlocked. */
    readonly reason?: string
  }): Promise<Unlock>
  lock(source: string): Promise<void>
  unlockedUntil(source: string): string | null
  unlocked(): readonly Unlock[]
  /** Throws `source-locked`. */
  require(source: string): void
}

const MINUTE_MS = 60_000

export function createLocks(ports: EnginePorts, changes: Changes): Locks {
  const held = new Map<string, Unlock & { readonly untilMs: number }>()
  const current = (source: string): Unlock | null => {
    const unlock = held.get(source)
    if (unlock === undefined || unlock.untilMs <= ports.clock.now().getTime()) return null
    const { unlockedUntil, by, reason } = unlock
    return { source, unlockedUntil, by, reason }
  }
  const requireShort = async (environment: Environment, minutes: number): Promise<void> => {
    const { policies } = await ports.workspace.load()
    const max = unlockMinutesMax(environment, policies?.[environment])
    if (minutes > max) throw new RedriveError('unlock-too-long', 'never', { minutes, max, environment })
  }
  const journal = (action: 'source-unlocked' | 'source-locked', source: string, detail: object) =>
    ports.journal.append({ action, operator: ports.operator(), source, subject: null, detail: { ...detail } })

  return {
    async unlock({ source, environment, minutes, typedName, reason = '' }) {
      if (environment === 'production' && typedName !== source) {
        throw new RedriveError('source-locked', 'never', { source })
      }
      const why = reason.trim() === '' ? null : reason.trim()
      if (environment === 'production' && why === null) throw new RedriveError('reason-required', 'never')
      await requireShort(environment, minutes)
      const untilMs = ports.clock.now().getTime() + minutes * MINUTE_MS
      const unlockedUntil = new Date(untilMs).toISOString()
      const unlock = { source, unlockedUntil, by: ports.operator(), reason: why }
      await journal('source-unlocked', source, { minutes, unlockedUntil, environment, reason: why })
      held.set(source, { ...unlock, untilMs })
      changes.bump()
      return unlock
    },
    async lock(source) {
      if (current(source) === null) return
      held.delete(source)
      await journal('source-locked', source, {})
      changes.bump()
    },
    unlockedUntil(source) {
      return current(source)?.unlockedUntil ?? null
    },
    unlocked() {
      return [...held.keys()].flatMap((source) => current(source) ?? [])
    },
    require(source) {
      if (current(source) === null) throw new RedriveError('source-locked', 'never', { source })
    },
  }
}
