import { basename } from 'node:path'
import type { SecretCommand } from '../../domain/access.ts'
import { RedriveError } from '../../domain/errors.ts'
import { textAt } from '../../domain/json-pointer.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { runCommand } from './run-command.ts'

/** What was printed so lately is what a server has just refused: running the command again gives the same. */
const FRESH_MS = 2_000

export interface CommandSecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'now'>
  readonly timeoutMs?: number
}

export interface CommandSecrets {
  /** Throws RedriveError `secret-command-failed`, with nothing in it of what the command wrote. */
  resolve(name: string, ref: SecretCommand): Promise<string>
  /** See Secrets.renew. */
  renew(ref: SecretCommand): boolean
}

interface Kept {
  readonly secret: Promise<string>
  readonly atMs: number
  /** It replaces one that was refused. */
  readonly renewed: boolean
}

/** Secrets that a program prints. Kept in memory for as long as the reference says, and no longer. */
export function createCommandSecrets({ env, clock, timeoutMs }: CommandSecretsOptions): CommandSecrets {
  const kept = new Map<string, Kept>()
  const refused = new Set<string>()

  async function printed(name: string, { command, at }: SecretCommand): Promise<string> {
    const answer = await runCommand({ command, env, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
    const found = answer.ok ? secretIn(answer.output, at) : answer.reason
    if (typeof found === 'string') return found
    const detail = { name, program: basename(command[0]), reason: found }
    throw new RedriveError('secret-command-failed', 'later', detail)
  }

  return {
    async resolve(name, ref) {
      const key = keyOf(ref)
      const nowMs = clock.now().getTime()
      const known = kept.get(key)
      if (known !== undefined && isGood(known, ref, nowMs)) return known.secret
      const secret = printed(name, ref)
      // Two connections that are opened at once ask once.
      const entry = { secret, atMs: nowMs, renewed: refused.delete(key) }
      kept.set(key, entry)
      try {
        return await secret
      } catch (error) {
        if (kept.get(key) === entry) kept.delete(key)
        throw error
      } finally {
        if (ref.seconds === undefined && kept.get(key) === entry) kept.delete(key)
      }
    },
    renew(ref) {
      const key = keyOf(ref)
      const known = kept.get(key)
      // Run at each log-in, and the one that was refused was fresh; or another log-in was refused before it and is about to ask.
      if (known === undefined) return refused.has(key)
      // Another log-in with the same one was refused a moment ago, and has it by now.
      if (clock.now().getTime() - known.atMs < FRESH_MS) return known.renewed
      kept.delete(key)
      refused.add(key)
      return true
    },
  }
}

/** A clock that was set back makes nothing good for longer. */
function isGood({ atMs }: Kept, { seconds }: SecretCommand, nowMs: number): boolean {
  if (seconds === undefined) return true
  return nowMs >= atMs && nowMs - atMs < seconds * 1_000
}

function keyOf({ command, at }: SecretCommand): string {
  return JSON.stringify([command, at ?? null])
}

function secretIn(output: string, at: string | undefined): string | Text {
  if (at === undefined) {
    const [first = ''] = output.split(/\r?\n/, 1)
    return first === '' ? say('secret.empty') : first
  }
  let json: unknown
  try {
    json = JSON.parse(output)
  } catch {
    return say('secret.no-json')
  }
  const text = textAt(json, at)
  return text === null || text === '' ? say('secret.no-field', { at }) : text
}
