import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { RedriveError } from '../../domain/errors.ts'

const FILE_MODE = 0o600
const FILE_BYTES_MAX = 1024 * 1024
/** Left behind by a process that was killed while it wrote. */
const LOCK_STALE_MS = 30_000
const NO_KEY = /no identity matched/
/** Most consoles have no such file: its ciphers are loaded by those that do. */
const age = () => import('age-encryption')

const content = z.strictObject({ version: z.literal(1), secrets: z.record(z.string(), z.string()) })
export type SecretsByName = Readonly<Record<string, string>>

/** What opens the file: a passphrase, or an age identity (AGE-SECRET-KEY-1…). */
export type Opener = { readonly passphrase: string } | { readonly identity: string }

/**
 * Reads the file, which is one of age (age-encryption.org) with JSON in it. Null: there is none. Throws RedriveError
 * `secrets-passphrase-wrong`, `secrets-file-damaged`. A passphrase is stretched for a second, within this thread.
 */
export async function readSecretsFile(
  path: string,
  opener: () => Promise<Opener>,
): Promise<SecretsByName | null> {
  const bytes = await bytesOf(path)
  if (bytes === null) return null
  const { Decrypter } = await age()
  const decrypter = new Decrypter()
  const given = await opener()
  if ('passphrase' in given) decrypter.addPassphrase(given.passphrase)
  else add(path, () => decrypter.addIdentity(given.identity))
  let text: string
  try {
    text = await decrypter.decrypt(bytes, 'text')
  } catch (error) {
    if (error instanceof Error && NO_KEY.test(error.message))
      throw new RedriveError('secrets-passphrase-wrong', 'never', { path })
    // The library's words are about the format, and hold nothing of what is in it.
    throw damaged(path, error instanceof Error ? error.message : 'it cannot be read', error)
  }
  try {
    return content.parse(JSON.parse(text)).secrets
  } catch {
    // Without the cause: it would quote what is in the file.
    throw damaged(path, 'what is in it is no list of secrets')
  }
}

/**
 * Changes the file: reads it, and puts the new one in its place in one step. One process at a time. The file that is
 * there must open with what the new one is encrypted for, or nothing is written.
 */
export async function changeSecretsFile(
  path: string,
  opener: () => Promise<Opener>,
  edit: (secrets: SecretsByName) => SecretsByName,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Before the lock: a person who types holds nobody else up.
  const given = await opener()
  await locked(`${path}.lock`, async () => {
    const before = (await readSecretsFile(path, async () => given)) ?? {}
    const { Encrypter } = await age()
    const encrypter = new Encrypter()
    if ('passphrase' in given) encrypter.setPassphrase(given.passphrase)
    else encrypter.addRecipient(await recipientOf(path, given.identity))
    const next = `${path}.${randomUUID()}.new`
    const bytes = await encrypter.encrypt(JSON.stringify({ version: 1, secrets: edit(before) }))
    try {
      await writeFile(next, bytes, { mode: FILE_MODE, flush: true, flag: 'wx' })
      await rename(next, path)
    } catch (error) {
      await rm(next, { force: true })
      throw failed(path, error)
    }
  })
}

async function bytesOf(path: string): Promise<Uint8Array | null> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw failed(path, error)
  })
  if (bytes !== null && bytes.length > FILE_BYTES_MAX)
    throw damaged(path, `it is larger than ${FILE_BYTES_MAX} bytes`)
  return bytes
}

function add(path: string, attempt: () => void): void {
  try {
    attempt()
  } catch {
    throw new RedriveError('secrets-passphrase-wrong', 'never', { path })
  }
}

async function recipientOf(path: string, identity: string): Promise<string> {
  const { identityToRecipient } = await age()
  return identityToRecipient(identity).catch(() => {
    throw new RedriveError('secrets-passphrase-wrong', 'never', { path })
  })
}

async function locked(lock: string, work: () => Promise<void>): Promise<void> {
  const handle = await open(lock, 'wx', FILE_MODE).catch(async (error: unknown) => {
    await removeStale(lock)
    throw failed(lock, error)
  })
  try {
    await work()
  } finally {
    await handle.close()
    await rm(lock, { force: true })
  }
}

/** The next attempt gets in. */
async function removeStale(lock: string): Promise<void> {
  const handle = await open(lock).catch(() => null)
  const age = handle === null ? 0 : Date.now() - (await handle.stat()).mtimeMs
  await handle?.close()
  if (age > LOCK_STALE_MS) await rm(lock, { force: true })
}

function damaged(path: string, problem: string, cause?: unknown): RedriveError {
  return new RedriveError('secrets-file-damaged', 'never', { path, problem }, { cause })
}

function failed(path: string, cause: unknown): RedriveError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new RedriveError('store-failed', 'never', { path, problem }, { cause })
}
