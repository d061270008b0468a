import { REASON_CHARS_MAX } from '../../../src-preload/contract/base.ts'
import { failureOf } from '../common/failure.ts'
import type { Arguments, OptionSpec, OptionSpecs } from './arguments.ts'
import type { EngineClient } from './command.ts'

export const COUNT_MAX = 1_000_000
/** Long enough for the act; the engine checks the lock when an act begins. */
const UNLOCK_MINUTES = 15
/** Of the time that it is unlocked for: long before that is over. */
const UNLOCK_AGAIN_AFTER = 2 / 3

export const sourceOption: OptionSpec = { kind: 'text', value: 'NAME', help: 'source in the workspace' }
export const idsOption: OptionSpec = { kind: 'list', value: 'ID...', help: 'row ids, as --json prints them' }
export const reasonOption: OptionSpec = { kind: 'text', value: 'TEXT', help: 'why; kept in the journal' }
export const unmaskOption: OptionSpec = {
  kind: 'text',
  value: 'REASON',
  help: 'show what rules mask, and why; kept in the journal',
}
export const countOption: OptionSpec = {
  kind: 'text',
  value: 'N',
  help: 'number of messages, needed where the source is production',
}

export const globalOptions: OptionSpecs = {
  workspace: { kind: 'text', value: 'FILE', help: 'workspace file (redrive.json)' },
  data: { kind: 'text', value: 'DIR', help: 'folder of jobs and journal' },
  store: { kind: 'text', value: 'URL', help: 'store of the team: postgres://user@host/database' },
  json: { kind: 'flag', help: 'one JSON object a line' },
  help: { kind: 'flag', help: 'this help' },
}

export function typedCount(args: Arguments): number | null {
  return args.integer('count', { min: 0, max: COUNT_MAX })
}

/** Of a command that acts without asking for a reason of its own. */
export const unlockReasonOption: OptionSpec = {
  kind: 'text',
  value: 'TEXT',
  help: 'why production is unlocked; kept in the journal (the command itself, unless said)',
}

/**
 * Whoever types the command means this source: that is the unlock, and for production the typed name. Answers with when it has
 * to be unlocked again, in milliseconds since 1970; `why` stands in the journal.
 */
export async function unlock(client: EngineClient, source: string, why: string): Promise<number> {
  const ask = (minutes: number) =>
    client.connections.unlock({ source, minutes, typedName: source, reason: why.slice(0, REASON_CHARS_MAX) })
  const { unlockedUntil } = await ask(UNLOCK_MINUTES).catch((error: unknown) => {
    const { code, detail } = failureOf(error)
    const max = Number(detail['max'])
    // A policy that allows less is kept to.
    if (code !== 'unlock-too-long' || !(max >= 1)) throw error
    return ask(max)
  })
  const now = Date.now()
  return now + (Date.parse(unlockedUntil) - now) * UNLOCK_AGAIN_AFTER
}
