import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { keyFile } from '../adapters/signing-ed25519/key-file.ts'
import { openSigner } from '../adapters/signing-ed25519/signer.ts'
import { openStore } from '../adapters/store-sqlite/open-store.ts'
import type { KeyPlace, Signer } from '../ports/signing.ts'
import type { Store } from '../ports/store.ts'
import type { Clock } from '../ports/surroundings.ts'

/** Where no other place is named, the key that signs the journal is beside the store: for its owner alone. */
const KEY_FILE_NAME = 'journal.key'

export interface SignedStoreOptions {
  readonly dataDir: string
  readonly fileName: string
  readonly place: KeyPlace | undefined
}

/** The signer of a console whose store is elsewhere. */
export async function openSignerOf({
  dataDir,
  place = keyFile(join(dataDir, KEY_FILE_NAME)),
}: Omit<SignedStoreOptions, 'fileName'>): Promise<Signer> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return openSigner(place)
}

/** Without a key that can be kept nothing is signed, and so nothing written; what is there can be looked at. */
export async function openSigned(
  { dataDir, fileName, place = keyFile(join(dataDir, KEY_FILE_NAME)) }: SignedStoreOptions,
  clock: Clock,
): Promise<{ readonly signer: Signer | null; readonly store: Store }> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, fileName)
  let signer: Signer
  try {
    signer = await openSigner(place)
  } catch (error) {
    if (!existsSync(path)) throw error
    const store = openStore({ path, clock })
    if (store.refusal !== null) return { signer: null, store }
    await store.close()
    throw error
  }
  return { signer, store: openStore({ path, clock, signer }) }
}
