import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { publicKeyText } from '../../domain/ed25519.ts'
import { usageError } from '../common/failure.ts'
import { passwordPrompt } from '../common/prompt.ts'

/** In the place of a question, where nobody sits at a terminal. */
export const PASSPHRASE_VARIABLE = 'REDRIVE_KEY_PASSPHRASE'
const PASSPHRASE_CHARS_MIN = 8
/** For its owner only. */
const KEY_MODE = 0o600

/** Makes a key whose file is worth nothing without its passphrase. Answers with the public part, for the workspace. */
export async function makeKeyFile(path: string): Promise<string> {
  const passphrase = await passphraseOf(path)
  if (passphrase.length < PASSPHRASE_CHARS_MIN) {
    throw usageError(`The passphrase of a key has at least ${PASSPHRASE_CHARS_MIN} characters.`)
  }
  if (
    process.env[PASSPHRASE_VARIABLE] === undefined &&
    (await passphraseOf(`${path}, once more`)) !== passphrase
  ) {
    throw usageError('The two passphrases differ; no key was made.')
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
  await writeFile(path, pem, { flag: 'wx', mode: KEY_MODE }).catch((error: unknown) => {
    throw usageError(`The key cannot be written to ${path} (${String(error)}).`, { cause: error })
  })
  return publicKeyText(publicKey)
}

export async function readKeyFile(path: string): Promise<KeyObject> {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usageError(`The key ${path} cannot be read.`, { cause: error })
  })
  const passphrase = pem.includes('ENCRYPTED') ? await passphraseOf(path) : undefined
  try {
    const key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) })
    if (createPublicKey(key).asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw usageError(`The key ${path} does not open: is the passphrase right?`, { cause: error })
  }
  throw usageError(`The key ${path} is not an Ed25519 key, as "redrive approve keygen" makes them.`)
}

async function passphraseOf(path: string): Promise<string> {
  const given = process.env[PASSPHRASE_VARIABLE]
  if (given !== undefined && given !== '') return given
  const ask = passwordPrompt()
  if (ask !== undefined) return ask(path)
  throw usageError(`The passphrase is asked for at a terminal, or taken from ${PASSPHRASE_VARIABLE}.`)
}
