import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Decrypter, generateX25519Identity } from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { createAgeSecrets } from '../../src-main/adapters/secrets-age/age-secrets.ts'
import { changeSecretsFile, readSecretsFile } from '../../src-main/adapters/secrets-age/secrets-file.ts'
import { openerOf } from '../../src-main/hosts/common/secrets-file.ts'
import { scratchFolder } from '../support/scratch.ts'

const PASSPHRASE = 'a long enough passphrase'
const SECRET = 'geheim-0815'
const given = async () => ({ passphrase: PASSPHRASE })

async function fileWith(secrets: Readonly<Record<string, string>>): Promise<string> {
  const path = join(await scratchFolder(), 'data', 'secrets.age')
  await changeSecretsFile(path, given, () => secrets)
  return path
}

describe('the encrypted file of secrets', () => {
  test('holds no secret and no name in the clear, is its owner’s alone, and other tools of age open it', async () => {
    const path = await fileWith({ orders: SECRET })
    const bytes = await readFile(path)
    expect(bytes.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt /)
    for (const hidden of [SECRET, 'orders', PASSPHRASE]) expect(bytes.includes(hidden)).toBe(false)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const decrypter = new Decrypter()
    decrypter.addPassphrase(PASSPHRASE)
    expect(JSON.parse(await decrypter.decrypt(bytes, 'text'))).toEqual({
      version: 1,
      secrets: { orders: SECRET },
    })
  })

  test('there is none: nothing, and no error', async () => {
    expect(await readSecretsFile(join(await scratchFolder(), 'none.age'), given)).toBeNull()
  })

  test('a wrong passphrase has its own error, for reading and for writing, and the file stays', async () => {
    const path = await fileWith({ orders: SECRET })
    const before = await readFile(path)
    const wrong = async () => ({ passphrase: 'another one' })
    const refused = { code: 'secrets-passphrase-wrong', detail: { path } }
    await expect(readSecretsFile(path, wrong)).rejects.toMatchObject(refused)
    await expect(changeSecretsFile(path, wrong, () => ({}))).rejects.toMatchObject(refused)
    expect(await readFile(path)).toEqual(before)
  })

  test('a damaged file has its own error, is told without what is in it, and is not written over', async () => {
    const path = await fileWith({ orders: SECRET })
    const whole = await readFile(path)
    const damages = {
      'a flipped byte at its end': Buffer.from(
        whole.map((byte, at) => (at === whole.length - 1 ? byte ^ 1 : byte)),
      ),
      'cut off': whole.subarray(0, whole.length - 20),
      'only its first lines': whole.subarray(0, 60),
      empty: Buffer.alloc(0),
      'something else': Buffer.from(`{"orders":"${SECRET}"}`),
    }
    for (const [how, bytes] of Object.entries(damages)) {
      await writeFile(path, bytes)
      const error: unknown = await readSecretsFile(path, given).catch((reason: unknown) => reason)
      expect(error, how).toMatchObject({ code: 'secrets-file-damaged', retry: 'never' })
      expect(String(error), how).not.toContain(SECRET)
      await expect(
        changeSecretsFile(path, given, () => ({})),
        how,
      ).rejects.toMatchObject({
        code: 'secrets-file-damaged',
      })
      expect(await readFile(path), how).toEqual(bytes)
    }
  })

  test('an identity of age opens it in the place of a passphrase', async () => {
    const identity = await generateX25519Identity()
    const path = join(await scratchFolder(), 'secrets.age')
    const opener = async () => ({ identity })
    await changeSecretsFile(path, opener, () => ({ orders: SECRET }))
    expect(await readSecretsFile(path, opener)).toEqual({ orders: SECRET })
    const another = await generateX25519Identity()
    for (const wrong of [another, 'AGE-SECRET-KEY-NONSENSE'])
      await expect(readSecretsFile(path, async () => ({ identity: wrong }))).rejects.toMatchObject({
        code: 'secrets-passphrase-wrong',
      })
  })

  test('two changes at once do not lose one of them', async () => {
    const path = await fileWith({})
    const put = (name: string) =>
      changeSecretsFile(path, given, (secrets) => ({ ...secrets, [name]: SECRET })).then(
        () => name,
        () => null,
      )
    const done = (await Promise.all([put('a'), put('b')])).filter((name) => name !== null)
    expect(done.length).toBeGreaterThan(0)
    expect(Object.keys((await readSecretsFile(path, given)) ?? {}).toSorted()).toEqual(done.toSorted())
  })
})

describe('secrets of the file', () => {
  test('are decrypted once, and again when the file has changed', async () => {
    const path = await fileWith({ orders: SECRET })
    let asked = 0
    const opener = async () => ({ passphrase: (asked += 1) > 0 ? PASSPHRASE : '' })
    const secrets = createAgeSecrets({ path, opener, refused: () => undefined })
    const both = [secrets.resolve('a', 'orders'), secrets.resolve('b', 'orders')]
    expect(await Promise.all(both)).toEqual([SECRET, SECRET])
    expect(await secrets.resolve('a', 'orders')).toBe(SECRET)
    expect(asked).toBeLessThanOrEqual(2)
    const before = asked
    await changeSecretsFile(path, given, () => ({ orders: 'changed' }))
    expect(await secrets.resolve('a', 'orders')).toBe('changed')
    expect(asked).toBe(before + 1)
  })

  test('one that is not in it is missing, by its name and with the command that puts it there', async () => {
    const path = await fileWith({ orders: SECRET })
    const secrets = createAgeSecrets({ path, opener: given, refused: () => undefined })
    for (const name of ['billing', 'constructor'])
      await expect(secrets.resolve('sources.billing', name)).rejects.toMatchObject({
        code: 'secret-missing',
        detail: { name: 'sources.billing', reason: expect.stringContaining(`redrive secrets set ${name}`) },
      })
  })

  test('nobody gave the passphrase: locked; a typed one that is wrong is asked for again', async () => {
    const path = await fileWith({ orders: SECRET })
    const locked = createAgeSecrets({ path, ...openerOf(path, {}, undefined) })
    await expect(locked.resolve('a', 'orders')).rejects.toMatchObject({
      code: 'secrets-locked',
      detail: { path },
    })
    const typed = ['wrong', PASSPHRASE]
    const asking = createAgeSecrets({ path, ...openerOf(path, {}, async () => typed.shift() ?? 'too often') })
    await expect(asking.resolve('a', 'orders')).rejects.toMatchObject({ code: 'secrets-passphrase-wrong' })
    expect(await asking.resolve('a', 'orders')).toBe(SECRET)
    expect(typed).toEqual([])
  })

  test('the passphrase comes from a file, too', async () => {
    const path = await fileWith({ orders: SECRET })
    const passphraseFile = join(await scratchFolder(), 'passphrase')
    await writeFile(passphraseFile, `${PASSPHRASE}\n`)
    const env = { REDRIVE_SECRETS_PASSPHRASE_FILE: passphraseFile }
    const secrets = createAgeSecrets({ path, ...openerOf(path, env, undefined) })
    expect(await secrets.resolve('a', 'orders')).toBe(SECRET)
  })
})
