import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCommandSecrets } from '../../src-main/adapters/secrets-command/command-secrets.ts'
import { passwordSource } from '../../src-main/app/connections/password-source.ts'
import type { Password } from '../../src-main/ports/drivers.ts'
import { manualClock } from './manual-clock.ts'
import { scratchFolder } from './scratch.ts'

/** Far longer than the test. */
const SECONDS = 3_600

/** A password that a command prints, good for an hour by the clock of the test. */
export interface PrintedPassword {
  readonly password: Password
  /** What the command prints from now on. */
  set(password: string): Promise<void>
  /** Lets time go by, as far as the password is concerned. */
  later(seconds: number): Promise<void>
}

export async function printedPassword(first: string): Promise<PrintedPassword> {
  const file = join(await scratchFolder(), 'password')
  const clock = manualClock()
  const set = (password: string): Promise<void> => writeFile(file, `${password}\n`)
  await set(first)
  const commands = createCommandSecrets({ env: process.env, clock })
  const source = passwordSource(
    {
      resolve: (name, ref) =>
        'command' in ref ? commands.resolve(name, ref) : Promise.reject(new Error(name)),
      renew: (_, ref) => 'command' in ref && commands.renew(ref),
      keep: (name) => Promise.reject(new Error(name)),
      forget: () => Promise.resolve(),
    },
    'sources.orders',
    { command: ['cat', file], seconds: SECONDS },
  )
  const password: Password = Object.assign(
    async () => (await source()) ?? '',
    source.renew && { renew: source.renew },
  )
  return { password, set, later: (seconds) => clock.advance(seconds * 1_000) }
}
