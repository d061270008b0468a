import { secretDigest } from '../../domain/operator-token.ts'
import type { Caller } from '../../domain/role.ts'

/** A page that asks for nothing for so long is left behind. */
export const SESSION_IDLE_MS = 30 * 60_000
/** A working day; then its person logs in again. */
export const SESSION_MS_MAX = 12 * 3_600_000
/** The one that was idle longest makes room. */
export const SESSIONS_MAX = 500

export type SessionEnd = 'self' | 'idle' | 'over' | 'revoked'

export interface Session {
  readonly caller: Caller
  /** The token that it was opened with; null: another service vouched for its person. */
  readonly token: string | null
  /** Aborted when it ends, with why. */
  readonly ended: AbortSignal
}

export interface Sessions {
  /** Answers with the secret that the browser keeps: a new one at every login. */
  open(caller: Caller, token: string | null): string
  /** Null: there is none, or it is over by now. */
  find(secret: string): Session | null
  touch(session: Session): void
  end(session: Session, why: SessionEnd): void
  /** Ends what is over; answers with what is left. */
  look(): readonly Session[]
}

interface Kept extends Session {
  readonly key: string
  readonly begunMs: number
  seenMs: number
  readonly end: AbortController
}

/** Sessions of people who logged in, in memory: they end with the process. */
export function createSessions({
  nowMs,
  freshSecret,
  onEnd,
}: {
  readonly nowMs: () => number
  readonly freshSecret: () => string
  readonly onEnd: (session: Session, why: SessionEnd) => void
}): Sessions {
  /** By the digest of their secret, so that no secret is compared. */
  const kept = new Map<string, Kept>()

  const end = (session: Kept, why: SessionEnd): void => {
    if (!kept.delete(session.key)) return
    session.end.abort(why)
    onEnd(session, why)
  }
  const due = ({ begunMs, seenMs }: Kept): SessionEnd | null => {
    // A clock that was set back makes no session last longer than it would have.
    if (Math.abs(nowMs() - begunMs) >= SESSION_MS_MAX) return 'over'
    return Math.abs(nowMs() - seenMs) >= SESSION_IDLE_MS ? 'idle' : null
  }
  const own = (session: Session): Kept => session as Kept

  return {
    open(caller, token) {
      const [idlest] = [...kept.values()].sort((a, b) => a.seenMs - b.seenMs)
      if (kept.size >= SESSIONS_MAX && idlest !== undefined) end(idlest, 'idle')
      const secret = freshSecret()
      const key = secretDigest(secret)
      const controller = new AbortController()
      const times = { begunMs: nowMs(), seenMs: nowMs() }
      kept.set(key, { caller, token, key, ...times, end: controller, ended: controller.signal })
      return secret
    },
    find(secret) {
      const found = kept.get(secretDigest(secret))
      if (found === undefined) return null
      const why = due(found)
      if (why === null) return found
      end(found, why)
      return null
    },
    touch(session) {
      own(session).seenMs = nowMs()
    },
    end: (session, why) => end(own(session), why),
    look() {
      for (const session of [...kept.values()]) {
        const why = due(session)
        if (why !== null) end(session, why)
      }
      return [...kept.values()]
    },
  }
}
