import { resolve } from 'node:path'
import { keyFile } from '../../adapters/signing-ed25519/key-file.ts'
import type { KeyPlace } from '../../ports/signing.ts'

/** A file on a medium that is not the store's, such as one of a secret store that is mounted. Empty: beside the store. */
export function signingKeyOf({ REDRIVE_JOURNAL_KEY: path = '' }: NodeJS.ProcessEnv): {
  readonly signingKey?: KeyPlace
} {
  return path === '' ? {} : { signingKey: keyFile(resolve(path)) }
}
