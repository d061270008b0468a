import type { IncomingMessage } from 'node:http'
import type { Operators } from '../../app/operators/operators.ts'
import { freshSecret } from '../../adapters/system/fresh-secret.ts'
import type { Caller } from '../../domain/role.ts'
import type { Clock, HostLog } from '../../ports/surroundings.ts'
import { cookiesNamed, sessionCookie } from './cookies.ts'
import type { Origins } from './origins.ts'
import { createRefusedLogins } from './refused-logins.ts'
import type { RefusedLogin } from './refused-logins.ts'
import { createSessions } from './sessions.ts'
import type { Session, Sessions } from './sessions.ts'
import type { SignOn } from './sign-on.ts'
import { createThrottle, WAIT_ADDRESS_MS_MAX, WAIT_NAME_MS_MAX } from './throttle.ts'
import type { Throttle } from './throttle.ts'

/** A token that was taken back by another process lets nobody look on for longer. */
export const LOOK_EVERY_MS = 1_000

export interface LoginOptions {
  readonly port: number
  readonly origins: Origins
  readonly operators: Operators
  readonly clock: Pick<Clock, 'now'>
  readonly log: HostLog
  /** Another service that vouches for people; null: tokens only. */
  readonly signOn: SignOn | null
}

/** Who is in, who may come in, and what is written down of it. */
export interface Desk extends LoginOptions {
  readonly sessions: Sessions
  readonly throttles: { readonly name: Throttle; readonly address: Throttle }
  readonly refused: { add(login: RefusedLogin): void }
  /** The Set-Cookie header. */
  cookie(value: string, more?: string): string
  sessionOf(request: IncomingMessage): Session | null
  /** Whether what the session was opened with is good yet. */
  readonly isGood: (session: Session) => Promise<boolean>
  readonly close: () => void
}

export function openDesk(options: LoginOptions): Desk {
  const { port, origins, operators, clock, log } = options
  const nowMs = (): number => clock.now().getTime()
  const cookie = sessionCookie(origins, port)
  const note = (...about: Parameters<Operators['note']>): void => {
    operators.note(...about).catch((error: unknown) => log.warn({ reason: String(error) }, 'not journalled'))
  }
  const refused = createRefusedLogins(nowMs, (login) => note('login-refused', null, { ...login }))
  const sessions = createSessions({
    nowMs,
    freshSecret,
    onEnd: ({ caller: { operator: name, role } }, why) => note('logged-out', name, { name, role, why }),
  })
  const isGood = async ({ token }: Session): Promise<boolean> => token === null || operators.stands(token)
  const stopLooking = again(() => showOut(sessions, isGood))
  // Not behind the store: a session that is over ends while it does not answer, too.
  const ending = setInterval(() => {
    refused.look()
    sessions.look()
  }, LOOK_EVERY_MS).unref()
  return {
    ...options,
    sessions,
    refused,
    isGood,
    throttles: {
      name: createThrottle(nowMs, WAIT_NAME_MS_MAX),
      address: createThrottle(nowMs, WAIT_ADDRESS_MS_MAX),
    },
    cookie: cookie.set,
    sessionOf(request) {
      const found = cookiesNamed(request, cookie.name).map((secret) => sessions.find(secret))
      return found.find((session) => session !== null) ?? null
    },
    close() {
      stopLooking()
      clearInterval(ending)
      refused.close()
    },
  }
}

/** Opens a session for who was let in; answers with the Set-Cookie header. Throws where it cannot be written down. */
export async function enter(
  desk: Desk,
  request: IncomingMessage,
  caller: Caller,
  about: { readonly token: string | null; readonly by: 'token' | 'sign-on' },
): Promise<string> {
  const { operator: name, role } = caller
  const address = desk.origins.address(request)
  // In the journal first: what cannot be written down does not happen.
  await desk.operators.note('logged-in', name, { name, role, address, ...about })
  // Whoever planted the session that the browser came with has nothing of the new one.
  const before = desk.sessionOf(request)
  if (before !== null) desk.sessions.end(before, 'self')
  return desk.cookie(desk.sessions.open(caller, about.token))
}

/** A store that does not answer ends no session: people may look on, and acts are refused. */
async function showOut(sessions: Sessions, isGood: Desk['isGood']): Promise<void> {
  const known = new Map<string | null, boolean>()
  for (const session of sessions.look()) {
    const good = known.get(session.token) ?? (await isGood(session).catch(() => true))
    known.set(session.token, good)
    if (!good) sessions.end(session, 'revoked')
  }
}

/** One after the other, never two at once. Answers with the way to stop it. */
function again(work: () => Promise<void>): () => void {
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    void work().finally(() => {
      busy = false
    })
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
