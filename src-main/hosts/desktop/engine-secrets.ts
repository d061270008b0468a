import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { createMemorySecrets } from '../../adapters/secrets-memory/memory-secrets.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Secrets } from '../../ports/surroundings.ts'
import type { FromEngine, SecretRequest } from './engine-messages.ts'

const ANSWER_TIMEOUT_MS = 30_000

export interface EngineSecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly keepsPasswords: boolean
  readonly post: (message: FromEngine) => void
}

export interface EngineSecrets extends Secrets {
  /** An answer of the main process. */
  answer(request: number, value: string | null, error: ErrorData | null): void
}

interface Waiting {
  readonly resolve: (value: string | null) => void
  readonly reject: (error: RedriveError) => void
  readonly timer: NodeJS.Timeout
}

/**
 * The engine's process has no key store, so typed passwords are with the main process: the engine asks for one when
 * it opens a connection. Those of the workspace file and of the environment need nobody.
 */
export function createEngineSecrets({ env, keepsPasswords, post }: EngineSecretsOptions): EngineSecrets {
  const plain = createMemorySecrets({ env })
  const waiting = new Map<number, Waiting>()
  let requests = 0

  function ask(request: SecretRequest): Promise<string | null> {
    requests += 1
    const id = requests
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(missing(request.name, 'the key store does not answer'))
      }, ANSWER_TIMEOUT_MS)
      waiting.set(id, { resolve, reject, timer })
      post({ type: 'secret', request: id, ask: request })
    })
  }

  return {
    async resolve(name, ref) {
      if ('value' in ref || 'env' in ref) return plain.resolve(name, ref)
      const value = await ask({ action: 'reveal', name })
      if (value === null)
        throw missing(name, 'it was not entered since Redrive started, or cannot be read any more')
      return value
    },
    async keep(name, value) {
      await ask({ action: 'keep', name, value })
      return keepsPasswords ? { keychain: true } : { prompt: true }
    },
    async forget(name) {
      await ask({ action: 'forget', name })
    },
    answer(request, value, error) {
      const asked = waiting.get(request)
      if (asked === undefined) return
      waiting.delete(request)
      clearTimeout(asked.timer)
      if (error === null) asked.resolve(value)
      else asked.reject(new RedriveError(error.code, error.retry, error.detail))
    },
  }
}

function missing(name: string, reason: string): RedriveError {
  return new RedriveError('secret-missing', 'never', { name, reason })
}
