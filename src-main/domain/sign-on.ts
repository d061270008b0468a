import type { SecretRef } from './access.ts'
import { highestRole } from './role.ts'
import type { Caller, Role } from './role.ts'

/** A service that vouches for people, by OpenID Connect. */
export interface OpenIdConfig {
  /** As in its own metadata: https://login.example/realms/ops. */
  readonly issuer: string
  readonly clientId: string
  /** Absent: a public client, whose proof is PKCE alone. */
  readonly clientSecret?: SecretRef
  /** Beside `openid`. Absent: SCOPE_DEFAULT. */
  readonly scope?: string
  /** Names the person. Absent: NAME_CLAIM_DEFAULT. Must be one that people cannot choose themselves. */
  readonly nameClaim?: string
  /** Holds their groups or roles there: a text or a list of texts. Absent: nobody is more than a viewer. */
  readonly roleClaim?: string
  /** From such a text to the role here; the highest one counts, a viewer is everybody. */
  readonly roles?: Readonly<Record<string, Role>>
}

/** How people come into the http host, beside tokens. */
export interface LoginConfig {
  readonly openId?: OpenIdConfig
}

export const NAME_CLAIM_DEFAULT = 'preferred_username'
export const SCOPE_DEFAULT = 'profile'

export const signOnProblems = ['expired', 'denied', 'unreachable', 'invalid', 'nameless'] as const
export type SignOnProblem = (typeof signOnProblems)[number]

/** Nobody is let in. The message is for the log: what the service says is nothing for a page. */
export class SignOnFailed extends Error {
  readonly why: SignOnProblem

  constructor(why: SignOnProblem, reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.why = why
  }
}

/** What the service says of a person, its signature checked. */
export type Claims = Readonly<Record<string, unknown>>

/** Something that a journal can name a person by: no control characters, nothing that turns text around. */
const PERSON = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@+-]{0,63}$/u

/** Throws SignOnFailed `nameless`. */
export function callerOf(
  claims: Claims,
  { nameClaim = NAME_CLAIM_DEFAULT, ...config }: OpenIdConfig,
): Caller {
  const name = claims[nameClaim]
  if (typeof name !== 'string' || !PERSON.test(name))
    throw new SignOnFailed('nameless', `the claim ${nameClaim} is missing, or no name`)
  return { operator: name, role: roleOf(claims, config) }
}

function roleOf(claims: Claims, { roleClaim, roles = {} }: Pick<OpenIdConfig, 'roleClaim' | 'roles'>): Role {
  const said = roleClaim === undefined ? [] : [claims[roleClaim]].flat()
  const mapped = said.flatMap((one) =>
    typeof one === 'string' && Object.hasOwn(roles, one) ? [roles[one]] : [],
  )
  return highestRole(mapped.filter((role) => role !== undefined)) ?? 'viewer'
}

/** Plain http is for a service on this machine only. */
export function issuerProblem(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'not an address'
  if (url.username !== '' || url.password !== '') return 'a password does not belong here'
  if (url.protocol === 'http:' && !isLoopback(url)) return 'http is for a service on this machine: use https'
  return null
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
