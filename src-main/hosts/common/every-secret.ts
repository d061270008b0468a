import { createAgeSecrets } from '../../adapters/secrets-age/age-secrets.ts'
import { createCommandSecrets } from '../../adapters/secrets-command/command-secrets.ts'
import type { Clock, Secrets } from '../../ports/surroundings.ts'
import { openerOf, secretsFileOf } from './secrets-file.ts'

export interface EverySecretOptions {
  readonly dataDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asks a person for the passphrase of the encrypted file. Absent where nobody is there to answer. */
  readonly prompt?: ((name: string) => Promise<string>) | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** The host's own secrets, and beside them those of commands and of the encrypted file. */
export function everySecret<Own extends Secrets>(own: Own, options: EverySecretOptions): Own {
  const { dataDir, env, prompt, clock } = options
  const commands = createCommandSecrets({ env, clock })
  const path = secretsFileOf(dataDir, env)
  const file = createAgeSecrets({ path, ...openerOf(path, env, prompt) })
  return {
    ...own,
    resolve(name, ref) {
      if ('command' in ref) return commands.resolve(name, ref)
      if ('secret' in ref) return file.resolve(name, ref.secret)
      return own.resolve(name, ref)
    },
    renew: (name, ref) => ('command' in ref ? commands.renew(ref) : (own.renew?.(name, ref) ?? false)),
  }
}
