import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openVault } from '../../src-main/adapters/secrets-safe-storage/vault.ts'
import { keyFile } from '../../src-main/adapters/signing-ed25519/key-file.ts'
import { keyInSecrets } from '../../src-main/adapters/signing-ed25519/key-in-secrets.ts'
import { openSigner } from '../../src-main/adapters/signing-ed25519/signer.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Secrets } from '../../src-main/ports/surroundings.ts'
import { scratchFolder } from '../support/scratch.ts'

const cipher = {
  encrypt: (text: string) => Buffer.from(text).map((byte) => byte ^ 0xff),
  decrypt: (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString(),
}

/** As the desktop's engine sees the vault. */
function secretsIn(file: string): Secrets {
  const vault = openVault({ file, cipher })
  return {
    async resolve(name) {
      const value = await vault.reveal(name)
      if (value === null) throw new RedriveError('secret-missing', 'never', { name, reason: 'none' })
      return value
    },
    async keep(name, value) {
      await vault.keep(name, value)
      return { keychain: true }
    },
    forget: (name) => vault.forget(name),
  }
}

test('on the desktop the private key is in the key store, the same at every start, and nowhere in plain', async () => {
  const file = join(await scratchFolder(), 'secrets.json')
  const first = await openSigner(keyInSecrets(secretsIn(file)))
  const second = await openSigner(keyInSecrets(secretsIn(file)))
  expect(second.fingerprint).toBe(first.fingerprint)
  expect(first).toMatchObject({ kept: 'keychain' })
  expect(first.verify('text', second.sign('text'))).toBe(true)
  expect(await readFile(file, 'utf8')).not.toContain('PRIVATE KEY')
})

test('whoever makes the key file at once has one key', async () => {
  const file = join(await scratchFolder(), 'deep', 'journal.key')
  const signers = await Promise.all(Array.from({ length: 5 }, () => openSigner(keyFile(file))))
  const later = await openSigner(keyFile(file))
  expect(new Set(signers.map(({ fingerprint }) => fingerprint)).size).toBe(1)
  expect(later.fingerprint).toBe(signers[0]?.fingerprint)
})
