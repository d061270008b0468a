import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Opener } from '../../adapters/secrets-age/secrets-file.ts'
import { RedriveError } from '../../domain/errors.ts'
import { isSystemError, usageError } from './failure.ts'

type Environment = Readonly<Record<string, string | undefined>>

export const PASSPHRASE_VARIABLE = 'REDRIVE_SECRETS_PASSPHRASE'
const PASSPHRASE_FILE_VARIABLE = 'REDRIVE_SECRETS_PASSPHRASE_FILE'
const IDENTITY_VARIABLE = 'REDRIVE_SECRETS_IDENTITY'
const FILE_VARIABLE = 'REDRIVE_SECRETS_FILE'
const IDENTITY_LINE = /^AGE-SECRET-KEY-\S+$/m

/** Where the encrypted file of secrets is. */
export function secretsFileOf(dataDir: string, env: Environment): string {
  const named = env[FILE_VARIABLE] ?? ''
  return named === '' ? join(dataDir, 'secrets.age') : resolve(named)
}

/** What the environment says the file opens with. Null: nothing. */
export async function openerFrom(env: Environment): Promise<Opener | null> {
  const identity = env[IDENTITY_VARIABLE] ?? ''
  if (identity !== '') {
    const line = IDENTITY_LINE.exec(await textOf(identity, IDENTITY_VARIABLE))?.[0]
    if (line === undefined)
      throw usageError(`The file that ${IDENTITY_VARIABLE} names holds no age identity (AGE-SECRET-KEY-…).`)
    return { identity: line }
  }
  const file = env[PASSPHRASE_FILE_VARIABLE] ?? ''
  if (file !== '') {
    const [passphrase = ''] = (await textOf(file, PASSPHRASE_FILE_VARIABLE)).split(/\r?\n/, 1)
    if (passphrase === '') throw usageError(`The file that ${PASSPHRASE_FILE_VARIABLE} names is empty.`)
    return { passphrase }
  }
  const passphrase = env[PASSPHRASE_VARIABLE] ?? ''
  return passphrase === '' ? null : { passphrase }
}

async function textOf(path: string, variable: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isSystemError(error)) throw usageError(`The file that ${variable} names cannot be read.`)
    throw error
  })
}

/** Asks a person where the environment says nothing; remembers the answer until it is refused. */
export function openerOf(
  path: string,
  env: Environment,
  prompt: ((name: string) => Promise<string>) | undefined,
): { readonly opener: () => Promise<Opener>; readonly refused: () => void } {
  let typed: Promise<string> | null = null
  const opener = async (): Promise<Opener> => {
    const given = await openerFrom(env)
    if (given !== null) return given
    if (prompt === undefined) throw new RedriveError('secrets-locked', 'never', { path })
    typed ??= prompt(path)
    try {
      return { passphrase: await typed }
    } catch (error) {
      typed = null
      throw error
    }
  }
  return { opener, refused: () => void (typed = null) }
}
