import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openVault } from '../../src-main/adapters/secrets-safe-storage/vault.ts'
import type { Cipher } from '../../src-main/adapters/secrets-safe-storage/vault.ts'
import { scratchFolder } from '../support/scratch.ts'

/** Turns every byte around: enough to see that plain text never reaches the file. */
const cipher: Cipher = {
  encrypt: (text) => Buffer.from(text).map((byte) => byte ^ 0xff),
  decrypt: (bytes) => Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString(),
}
const brokenCipher: Cipher = {
  ...cipher,
  decrypt: () => {
    throw new Error('another key')
  },
}

test('passwords are kept one by one, encrypted, for their owner alone', async () => {
  const file = join(await scratchFolder(), 'secrets.json')
  const vault = openVault({ file, cipher })
  expect(vault.persistent).toBe(true)
  await Promise.all(['a', 'b', 'c'].map((name) => vault.keep(name, `geheim-${name}`)))
  expect(await readFile(file, 'utf8')).not.toContain('geheim')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const again = openVault({ file, cipher })
  expect(await again.reveal('b')).toBe('geheim-b')
  await again.forget('b')
  expect(await again.reveal('b')).toBe(null)
  expect(await again.reveal('c')).toBe('geheim-c')
})

test('what another key encrypted is as good as none', async () => {
  const file = join(await scratchFolder(), 'secrets.json')
  await openVault({ file, cipher }).keep('a', 'geheim')
  expect(await openVault({ file, cipher: brokenCipher }).reveal('a')).toBe(null)
})

test('a file that is none of ours is reported and not overwritten', async () => {
  const file = join(await scratchFolder(), 'secrets.json')
  for (const text of ['', '{}', '{"version":2,"secrets":{}}', '{"version":1,"secrets":{"a":"###"}}']) {
    await writeFile(file, text)
    const vault = openVault({ file, cipher })
    await expect(vault.reveal('a')).rejects.toMatchObject({ code: 'store-failed' })
    await expect(vault.keep('a', 'x')).rejects.toMatchObject({ code: 'store-failed' })
    expect(await readFile(file, 'utf8')).toBe(text)
  }
})

test('without a key store worth the name nothing is written', async () => {
  const file = join(await scratchFolder(), 'secrets.json')
  const vault = openVault({ file, cipher: null })
  expect(vault.persistent).toBe(false)
  await vault.keep('a', 'geheim')
  expect(await vault.reveal('a')).toBe('geheim')
  await vault.forget('a')
  expect(await vault.reveal('a')).toBe(null)
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
})
