import { randomBytes } from 'node:crypto'
import { sameSecret, secretDigest } from '../../domain/operator-token.ts'
import type { Caller } from '../../domain/role.ts'
import { cookiesNamed } from './cookies.ts'
import type { Entrance, Visit } from './entrance.ts'
import type { Origins } from './origins.ts'
import { refusals } from './refusals.ts'
import { refuse } from './refuse.ts'

const TOKEN_BYTES = 32

/**
 * For whoever started this process, on their own machine. The address printed at the start carries a token that works once and
 * is exchanged for a cookie; the cookie never leaves the browser that opened the address, and is bound to this process.
 * `port` is part of the cookie's name: browsers share cookies among the ports of one host.
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
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const session = randomBytes(TOKEN_BYTES).toString('base64url')
  const digests = { token: secretDigest(token), session: secretDigest(session) }
  const cookieName = origins.secure ? '__Host-redrive' : `redrive_${port}`
  const flags = `Path=/; HttpOnly; SameSite=Strict${origins.secure ? '; Secure' : ''}`
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
      cookiesNamed(request, cookieName).some((value) => sameSecret(value, digests.session)) ? visit : null,
    answer(request, response, { pathname, searchParams }) {
      const candidate = searchParams.get('token')
      if (pathname !== '/' || candidate === null || request.method === 'POST') return false
      if (!sameSecret(candidate, digests.token)) refuse(response, refusals.tokenWrong)
      else if (used) refuse(response, refusals.tokenUsed)
      else {
        used = true
        const cookie = `${cookieName}=${session}; ${flags}`
        response.writeHead(303, { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' }).end()
      }
      return true
    },
    turnAway: (_request, response) => refuse(response, refusals.noSession),
    close: () => undefined,
  }
}
