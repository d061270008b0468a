import { canonical } from './digest.ts'
import type { Json } from './digest.ts'

/** What a checkpoint vouches for: by the chain, the hash of one entry stands for all entries before it. */
export interface CheckpointClaim {
  readonly seq: number
  readonly hash: string
  readonly at: string
  /** Fingerprint of the key that signed. */
  readonly key: string
  /**
   * Entries that stood without a signature when the first entry that this one covers was written: 0, but where signing began
   * in a journal that had entries already. Below 0: entries that had been signed were gone.
   */
  readonly unsigned: number
}

export interface Checkpoint extends CheckpointClaim {
  /** Ed25519, base64. */
  readonly signature: string
}

/** The last line of an export: nothing follows. A checkpoint of the store never passes for it, nor it for a checkpoint. */
export type ExportEnd = Omit<Checkpoint, 'unsigned'>

/** Who may sign. */
export interface VerifyingKey {
  /** SHA-256 of the public key in DER, lower-case hex. */
  readonly fingerprint: string
  /** Whether this key signed exactly this text. */
  verify(text: string, signature: string): boolean
}

export function checkpointText({ seq, hash, at, key, unsigned }: CheckpointClaim): string {
  return signedText('checkpoint', { seq, hash, at, key, unsigned })
}

export function exportEndText({ seq, hash, at, key }: Omit<ExportEnd, 'signature'>): string {
  return signedText('end', { seq, hash, at, key })
}

/** No signature of one kind fits text of another, nor of a later format. */
function signedText(kind: 'checkpoint' | 'end', claim: Json): string {
  return `redrive journal ${kind} 1\n${canonical(claim)}`
}

export type SignatureFault = 'forged' | 'unknown-key'

/** Null where one of `keys` signed exactly this text. */
export function signatureFault(
  text: string,
  { key, signature }: { readonly key: string; readonly signature: string },
  keys: readonly VerifyingKey[],
): SignatureFault | null {
  const known = keys.find(({ fingerprint }) => fingerprint === key)
  if (known === undefined) return 'unknown-key'
  return known.verify(text, signature) ? null : 'forged'
}
