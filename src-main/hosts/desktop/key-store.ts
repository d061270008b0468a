import { openVault } from '../../adapters/secrets-safe-storage/vault.ts'
import type { Vault, VaultOptions } from '../../adapters/secrets-safe-storage/vault.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { failureOf } from '../common/failure.ts'
import type { SecretRequest } from './engine-messages.ts'

export interface SecretAnswer {
  readonly value: string | null
  readonly error: ErrorData | null
}

/** Answers what the engine asks of the passwords that this process keeps. */
export function openKeyStore(options: VaultOptions): (ask: SecretRequest) => Promise<SecretAnswer> {
  const vault = openVault(options)
  return async (ask) => {
    try {
      return { value: await perform(vault, ask), error: null }
    } catch (error) {
      return { value: null, error: failureOf(error) }
    }
  }
}

async function perform(vault: Vault, ask: SecretRequest): Promise<string | null> {
  if (ask.action === 'reveal') return vault.reveal(ask.name)
  if (ask.action === 'keep') await vault.keep(ask.name, ask.value)
  else await vault.forget(ask.name)
  return null
}
