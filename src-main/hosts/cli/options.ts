import type { Arguments, OptionSpec, OptionSpecs } from './arguments.ts'
import type { EngineClient } from './command.ts'

export const COUNT_MAX = 1_000_000
/** Long enough for the act; the engine checks the lock when an act begins. */
const UNLOCK_MINUTES = 15

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

/** Whoever types the command means this source: that is the unlock, and for production the typed name. */
export async function unlock(client: EngineClient, source: string): Promise<void> {
  await client.connections.unlock({ source, minutes: UNLOCK_MINUTES, typedName: source })
}
