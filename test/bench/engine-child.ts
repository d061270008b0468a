/**
 * The engine in a process of its own, as the hosts run it: its memory and its share of the machine are its own.
 * Argument: EngineChild as JSON. Answers calls of the contract by IPC.
 */
import { readFileSync } from 'node:fs'
import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { pino } from 'pino'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { compose } from '../../src-main/hosts/compose.ts'

export interface EngineChild {
  readonly dataDir: string
  readonly workspace: Workspace
}

export interface EngineCall {
  readonly id: number
  /** `area.procedure`, or `memory` for the resident set in bytes. */
  readonly call: string
  readonly input: unknown
}

export type EngineAnswer = { readonly id: number } & (
  { readonly value: unknown } | { readonly error: string }
)

const { dataDir, workspace } = JSON.parse(process.argv[2] ?? '{}') as EngineChild
const running = await compose({
  host: 'cli',
  version: '0.0.0',
  operator: 'bench',
  dataDir,
  workspace: { load: async () => workspace, save: async () => undefined },
  workspacePath: null,
  secrets: createMemorySecrets({ env: {} }),
  keepsPasswords: false,
  log: pino({ level: 'silent' }),
  memoryBroker: null,
})
const client = createRouterClient(running.router, calling('bench')) as unknown as Record<
  string,
  Record<string, (input: unknown, options: { signal: AbortSignal }) => Promise<unknown>>
>
const never = new AbortController().signal

process.on('message', ({ id, call, input }: EngineCall) => {
  answer(call, input).then(
    (value) => process.send?.({ id, value } satisfies EngineAnswer),
    (error: unknown) => process.send?.({ id, error: String(error) } satisfies EngineAnswer),
  )
})
process.on('disconnect', () => void running.close())
process.send?.({ id: 0, value: 'ready' } satisfies EngineAnswer)

async function answer(call: string, input: unknown): Promise<unknown> {
  if (call === 'memory') return memory()
  const [area = '', procedure = ''] = call.split('.')
  const work = client[area]?.[procedure]
  if (!work) throw new Error(`the contract has no ${call}`)
  return work(input, { signal: never })
}

/** The kernel's own words: what it holds now, and the most that it ever held. */
function memory(): { readonly nowBytes: number; readonly peakBytes: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024
  return { nowBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
}
