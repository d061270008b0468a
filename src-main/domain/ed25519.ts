import { createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const KEY_BYTES = 32
const KEY_PREFIX = 'ed25519:'

export type PrivateKey = KeyObject

/** Base64. */
export function signText(text: string, privateKey: PrivateKey): string {
  return sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64')
}

/** False also where the key is none. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const key = publicKeyOf(publicKey)
  return key !== null && verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'))
}

/** The public part as a workspace file holds it. */
export function publicKeyText(key: KeyObject): string {
  const { x } = key.export({ format: 'jwk' })
  return `${KEY_PREFIX}${Buffer.from(x ?? '', 'base64url').toString('base64')}`
}

/** Null: not a public key of this kind. */
export function publicKeyOf(text: string): KeyObject | null {
  if (!text.startsWith(KEY_PREFIX)) return null
  const encoded = text.slice(KEY_PREFIX.length)
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== encoded) return null
  try {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
      format: 'jwk',
    })
  } catch {
    return null
  }
}
