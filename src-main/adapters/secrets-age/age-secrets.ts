import { stat } from 'node:fs/promises'
import { RedriveError } from '../../domain/errors.ts'
import { readSecretsFile } from './secrets-file.ts'
import type { Opener, SecretsByName } from './secrets-file.ts'

export interface AgeSecretsOptions {
  readonly path: string
  /** Throws `secrets-locked` where nobody can say. */
  readonly opener: () => Promise<Opener>
  /** What `opener` answered does not open the file: whoever typed it may try again. */
  readonly refused: () => void
}

export interface AgeSecrets {
  /** Throws `secret-missing` where the file has no such name, and what reading the file throws. */
  resolve(name: string, secret: string): Promise<string>
}

interface Opened {
  readonly version: string
  readonly secrets: Promise<SecretsByName | null>
}

/** Decrypted when first asked, and again when the file has changed. Kept in memory only. */
export function createAgeSecrets({ path, opener, refused }: AgeSecretsOptions): AgeSecrets {
  let opened: Opened | null = null

  async function secrets(): Promise<SecretsByName | null> {
    const version = await versionOf(path)
    if (opened?.version === version) return opened.secrets
    const reading = readSecretsFile(path, opener)
    const entry: Opened = { version, secrets: reading }
    opened = entry
    reading.catch((error: unknown) => {
      if (opened === entry) opened = null
      if (error instanceof RedriveError && error.code === 'secrets-passphrase-wrong') refused()
    })
    return reading
  }

  return {
    async resolve(name, secret) {
      const known = await secrets()
      const value = known !== null && Object.hasOwn(known, secret) ? known[secret] : undefined
      if (value !== undefined) return value
      const reason =
        known === null
          ? `there is no encrypted file ${path}: "redrive secrets set ${secret}" makes it`
          : `the encrypted file has no "${secret}": "redrive secrets set ${secret}" puts it there`
      throw new RedriveError('secret-missing', 'never', { name, reason })
    },
  }
}

/** The file is replaced and never written over: another one has another number. */
async function versionOf(path: string): Promise<string> {
  const { ino, mtimeMs, size } = await stat(path).catch(() => ({ ino: 0, mtimeMs: 0, size: 0 }))
  return `${ino} ${mtimeMs} ${size}`
}
