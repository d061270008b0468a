import type { VerifyingKey } from '../domain/checkpoint.ts'

/** This installation's key for the journal. */
export interface Signer extends VerifyingKey {
  /** PEM, for whoever verifies elsewhere. */
  readonly publicKey: string
  /** Whether the private half is in the system's key store, or in a file that its owner alone can read. */
  readonly kept: 'keychain' | 'file'
  /** Ed25519 over the text's UTF-8, base64. Takes about 0.1 ms. */
  sign(text: string): string
}

/** Where the private half is kept. */
export interface KeyPlace {
  readonly kept: Signer['kept']
  /** PEM; null where there is none yet. Throws RedriveError `store-failed` where it is there and must not be used. */
  load(): Promise<string | null>
  /** Keeps a new one, unless another process was faster; answers with the one that is kept. */
  keep(pem: string): Promise<string>
}

export interface Signing {
  /** Null: nobody signs here, which only tests may want. */
  readonly signer: Signer | null
  /** Null where the text is no public key of Ed25519 in PEM. */
  readKey(pem: string): VerifyingKey | null
}
