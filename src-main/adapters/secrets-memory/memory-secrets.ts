import { RedriveError } from '../../domain/errors.ts'
import type { SecretRef } from '../../domain/workspace.ts'
import type { Secrets } from '../../ports/surroundings.ts'

export interface MemorySecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks a person. Absent where nobody is there to answer. */
  readonly prompt?: (name: string) => Promise<string>
}

/**
 * Secrets of hosts without a keychain: from the workspace, from the environment, or asked for. What was asked for is
 * kept until the process ends and never written anywhere.
 */
export function createMemorySecrets({ env, prompt }: MemorySecretsOptions): Secrets {
  /** Promises, so that two connections opened at once ask once. */
  const kept = new Map<string, Promise<string>>()

  function ask(name: string): Promise<string> {
    if (!prompt) throw missing(name, 'nobody can be asked for it here: set it in an environment variable')
    const answer = prompt(name)
    kept.set(name, answer)
    answer.catch(() => {
      if (kept.get(name) === answer) kept.delete(name)
    })
    return answer
  }

  return {
    async resolve(name, ref: SecretRef) {
      if ('value' in ref) return ref.value
      if ('env' in ref) {
        const value = env[ref.env]
        if (value === undefined || value === '') throw missing(name, 'the variable is not set', ref.env)
        return value
      }
      if ('command' in ref || 'secret' in ref) {
        throw missing(name, 'this host runs no commands and has no encrypted file of secrets')
      }
      const known = kept.get(name)
      if (known) return known
      if ('keychain' in ref) {
        throw missing(
          name,
          'this host has no keychain: use an environment variable or be asked at each start',
        )
      }
      return ask(name)
    },
    async keep(name, value) {
      kept.set(name, Promise.resolve(value))
      return { prompt: true }
    },
    async forget(name) {
      kept.delete(name)
    },
  }
}

function missing(name: string, reason: string, variable?: string): RedriveError {
  return new RedriveError('secret-missing', 'never', {
    name,
    reason,
    ...(variable === undefined ? {} : { variable }),
  })
}
