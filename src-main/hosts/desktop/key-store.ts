import { safeStorage } from 'electron'
import { openVault } from '../../adapters/secrets-safe-storage/vault.ts'
import type { Vault } from '../../adapters/secrets-safe-storage/vault.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { failureOf } from '../common/failure.ts'
import type { SecretRequest } from './engine-messages.ts'

/** On Linux without a key ring Electron encrypts with a password that everybody knows. That is no store. */
const WEAK_BACKENDS: ReadonlySet<string> = new Set(['basic_text', 'unknown'])

/** After `ready` only. */
export function openKeyStore(file: string, platform: NodeJS.Platform): Vault {
  const weak = platform === 'linux' && WEAK_BACKENDS.has(safeStorage.getSelectedStorageBackend())
  const usable = !weak && safeStorage.isEncryptionAvailable()
  return openVault({
    file,
    cipher: usable
      ? {
          encrypt: (text) => safeStorage.encryptString(text),
          decrypt: (bytes) => safeStorage.decryptString(Buffer.from(bytes)),
        }
      : null,
  })
}

export async function answerSecret(
  vault: Vault,
  ask: SecretRequest,
): Promise<{ value: string | null; error: ErrorData | null }> {
  try {
    return { value: await perform(vault, ask), error: null }
  } catch (error) {
    return { value: null, error: failureOf(error) }
  }
}

async function perform(vault: Vault, ask: SecretRequest): Promise<string | null> {
  if (ask.action === 'reveal') return vault.reveal(ask.name)
  if (ask.action === 'keep') await vault.keep(ask.name, ask.value)
  else await vault.forget(ask.name)
  return null
}
