import { safeStorage } from 'electron'
import type { Cipher } from '../../adapters/secrets-safe-storage/vault.ts'

/** On Linux without a key ring Electron encrypts with a password that everybody knows. That is no store. */
const WEAK_BACKENDS: ReadonlySet<string> = new Set(['basic_text', 'unknown'])

/** The operating system's key store, or null where there is none worth the name. After `ready` only. */
export function safeStorageCipher(platform: NodeJS.Platform): Cipher | null {
  const weak = platform === 'linux' && WEAK_BACKENDS.has(safeStorage.getSelectedStorageBackend())
  if (weak || !safeStorage.isEncryptionAvailable()) return null
  return {
    encrypt: (text) => safeStorage.encryptString(text),
    decrypt: (bytes) => safeStorage.decryptString(Buffer.from(bytes)),
  }
}
