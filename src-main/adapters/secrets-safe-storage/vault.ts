import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { RedriveError } from '../../domain/errors.ts'

const FILE_MODE = 0o600
const FILE_BYTES_MAX = 1024 * 1024

/** The operating system's key store, as far as it encrypts for this user alone. */
export interface Cipher {
  encrypt(text: string): Uint8Array
  /** Throws where the bytes were written under another key. */
  decrypt(bytes: Uint8Array): string
}

export interface VaultOptions {
  readonly file: string
  /** Null where the platform has no store worth the name: then nothing is written to disk. */
  readonly cipher: Cipher | null
}

/** Passwords that operators typed. */
export interface Vault {
  /** True where they outlive this process. */
  readonly persistent: boolean
  /** Null where there is none, or where it can no longer be decrypted. Throws `store-failed`. */
  reveal(name: string): Promise<string | null>
  keep(name: string, value: string): Promise<void>
  forget(name: string): Promise<void>
}

const content = z.strictObject({ version: z.literal(1), secrets: z.record(z.string(), z.base64()) })
type Secrets = Readonly<Record<string, string>>

/** Encrypted one by one in a file of their own, or in memory only. */
export function openVault({ file, cipher }: VaultOptions): Vault {
  return cipher === null ? memoryVault() : fileVault(file, cipher)
}

function memoryVault(): Vault {
  const secrets = new Map<string, string>()
  return {
    persistent: false,
    reveal: async (name) => secrets.get(name) ?? null,
    keep: async (name, value) => void secrets.set(name, value),
    forget: async (name) => void secrets.delete(name),
  }
}

function fileVault(file: string, cipher: Cipher): Vault {
  // One change at a time: each reads the file that the one before wrote.
  let changes: Promise<unknown> = Promise.resolve()
  const change = (edit: (secrets: Secrets) => Secrets): Promise<void> => {
    const done = changes.then(async () => write(file, edit(await read(file))))
    changes = done.catch(() => undefined)
    return done
  }
  return {
    persistent: true,
    async reveal(name) {
      const secret = (await read(file))[name]
      if (secret === undefined) return null
      try {
        return cipher.decrypt(Buffer.from(secret, 'base64'))
      } catch {
        // Another user's key store, or one that was set up anew: the operator types it again.
        return null
      }
    },
    async keep(name, value) {
      const secret = Buffer.from(cipher.encrypt(value)).toString('base64')
      await change((secrets) => ({ ...secrets, [name]: secret }))
    },
    async forget(name) {
      await change((secrets) =>
        Object.fromEntries(Object.entries(secrets).filter(([known]) => known !== name)),
      )
    },
  }
}

async function read(file: string): Promise<Secrets> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw failed(file, error)
  }
  if (text.length > FILE_BYTES_MAX) throw failed(file, new Error(`larger than ${FILE_BYTES_MAX} bytes`))
  try {
    return content.parse(JSON.parse(text)).secrets
  } catch (error) {
    throw failed(file, new Error('not a file of secrets', { cause: error }))
  }
}

async function write(file: string, secrets: Secrets): Promise<void> {
  const next = `${file}.${process.pid}.new`
  try {
    await writeFile(next, JSON.stringify({ version: 1, secrets }), { mode: FILE_MODE, flush: true })
    await rename(next, file)
  } catch (error) {
    await rm(next, { force: true })
    throw failed(file, error)
  }
}

function failed(path: string, cause: unknown): RedriveError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new RedriveError('store-failed', 'never', { path, problem }, { cause })
}
