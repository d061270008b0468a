import type { IncomingMessage } from 'node:http'
import { freshSecret } from '../../adapters/system/fresh-secret.ts'
import { secretDigest } from '../../domain/operator-token.ts'
import type { Caller } from '../../domain/role.ts'
import { callerOf, SignOnFailed } from '../../domain/sign-on.ts'
import type { OpenIdConfig } from '../../domain/sign-on.ts'
import type { SignOnProof, SignOnService } from '../../ports/sign-on.ts'
import { cookiesNamed } from './cookies.ts'
import { SIGN_ON_BACK_PATH } from './login-page.ts'

/** From leaving for the service to coming back. */
export const SIGN_ON_MS_MAX = 10 * 60_000
/** People who are on their way at a time; the one who left first makes room. */
export const SIGN_ONS_MAX = 1_000

/** Another service vouches for people: the browser goes there and comes back. */
export interface SignOn {
  /** Where the browser goes, and the cookie that knows it again when it comes back. Throws SignOnFailed. */
  begin(origin: string, secure: boolean): Promise<{ readonly location: string; readonly cookie: string }>
  /** Throws SignOnFailed. */
  finish(request: IncomingMessage, origin: string): Promise<Caller>
  cookieGone(secure: boolean): string
}

interface OnTheWay {
  readonly proof: SignOnProof
  readonly untilMs: number
}

export function createSignOn(options: {
  readonly service: SignOnService
  readonly config: OpenIdConfig
  readonly nowMs: () => number
}): SignOn {
  const { service, config, nowMs } = options
  const onTheWay = new Map<string, OnTheWay>()
  // Lax, as the browser comes back from another site; it is good for this one thing.
  const cookie = (secure: boolean, value: string, seconds: number): string =>
    `${nameOf(secure)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? '; Secure' : ''}`

  return {
    async begin(origin, secure) {
      const { location, proof } = await service.begin(`${origin}${SIGN_ON_BACK_PATH}`)
      const [first] = onTheWay.keys()
      if (onTheWay.size >= SIGN_ONS_MAX && first !== undefined) onTheWay.delete(first)
      const ticket = freshSecret()
      onTheWay.set(secretDigest(ticket), { proof, untilMs: nowMs() + SIGN_ON_MS_MAX })
      return { location, cookie: cookie(secure, ticket, SIGN_ON_MS_MAX / 1_000) }
    },
    async finish(request, origin) {
      const keys = [true, false].flatMap((secure) => cookiesNamed(request, nameOf(secure))).map(secretDigest)
      const found = keys.map((key) => onTheWay.get(key)).find((one) => one !== undefined)
      // Once, whatever comes of it.
      for (const key of keys) onTheWay.delete(key)
      if (found === undefined || found.untilMs < nowMs())
        throw new SignOnFailed('expired', 'no such attempt, or too late')
      return callerOf(await service.finish(new URL(request.url ?? '/', origin), found.proof), config)
    },
    cookieGone: (secure) => cookie(secure, '', 0),
  }
}

function nameOf(secure: boolean): string {
  return secure ? '__Host-redrive-sign-on' : 'redrive-sign-on'
}
