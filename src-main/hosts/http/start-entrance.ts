import { freshSecret } from '../../adapters/system/fresh-secret.ts'
import { sameSecret, secretDigest } from '../../domain/operator-token.ts'
import type { Caller } from '../../domain/role.ts'
import { cookiesNamed, sessionCookie } from './cookies.ts'
import type { Entrance, Visit } from './entrance.ts'
import type { Origins } from './origins.ts'
import { refusals } from './refusals.ts'
import { refuse } from './refuse.ts'

/**
 * For whoever started this process, on their own machine. The address printed at the start carries a token that works once and
 * is exchanged for a cookie; the cookie never leaves the browser that opened the address, and is bound to this process.
 */
export function createStartEntrance({
  port,
  origins,
  self,
}: {
  readonly port: number
  readonly origins: Origins
  readonly self: Caller
}): Entrance & { readonly token: string } {
  const token = freshSecret()
  const session = freshSecret()
  const digests = { token: secretDigest(token), session: secretDigest(session) }
  const cookie = sessionCookie(origins, port)
  const visit: Visit = {
    caller: self,
    canLogOut: false,
    ended: new AbortController().signal,
    touch: () => undefined,
    stands: () => Promise.resolve(true),
  }
  let used = false

  return {
    token,
    visitOf: (request) =>
      cookiesNamed(request, cookie.name).some((value) => sameSecret(value, digests.session)) ? visit : null,
    answer(request, response, { pathname, searchParams }) {
      const candidate = searchParams.get('token')
      if (pathname !== '/' || candidate === null || request.method === 'POST') return false
      if (!sameSecret(candidate, digests.token)) refuse(response, refusals.tokenWrong)
      else if (used) refuse(response, refusals.tokenUsed)
      else {
        used = true
        const kept = cookie.set(session)
        response.writeHead(303, { location: '/', 'set-cookie': kept, 'cache-control': 'no-store' }).end()
      }
      return true
    },
    turnAway: (_request, response) => refuse(response, refusals.noSession),
    close: () => undefined,
  }
}
