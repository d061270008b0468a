import { sha256 } from './digest.ts'
import type { Role } from './role.ts'

/** What lets a person into the http host. The token itself is shown once and kept nowhere. */
export interface OperatorToken {
  /** Names it in the journal and in lists. */
  readonly token: string
  /** Who comes in with it. */
  readonly name: string
  readonly role: Role
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string
  /** Null: nobody took it back. */
  readonly revokedAt: string | null
}

export const TOKEN_DAYS_MAX = 366
export const TOKEN_DAYS_DEFAULT = 90

/** Of 32 random bytes: nothing can be guessed from it, so it needs no slow hash. */
export function secretDigest(secret: string): string {
  return sha256(secret)
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
export function sameSecret(secret: string, digest: string): boolean {
  const own = secretDigest(secret)
  let differs = own.length ^ digest.length
  // Each digit is looked at, whichever is the first that differs.
  for (let at = 0; at < own.length; at += 1) differs |= own.charCodeAt(at) ^ digest.charCodeAt(at)
  return differs === 0
}

export function tokenStands({ revokedAt, expiresAt }: OperatorToken, now: Date): boolean {
  return revokedAt === null && Date.parse(expiresAt) > now.getTime()
}
