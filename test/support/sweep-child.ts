/**
 * A console that sweeps, in a process of its own with a store of its own: begins when it is told to, and runs the sweep again and
 * again until it is told to stop; then prints SweepDone. Argument: SweepChild as JSON.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SweepPolicy } from '../../src-main/domain/sweep-policy.ts'
import { openTestEngine } from './test-engine.ts'

export interface SweepChild {
  readonly dataDir: string
  readonly databaseUrl: string
  /** The reference outbox where it is not said. */
  readonly table?: string
  readonly batch: number
  readonly sweep: SweepPolicy
}

export interface SweepDone {
  readonly claims: number
  readonly confirmed: number
  /** Publishes that the broker gave back. */
  readonly returned: number
  readonly unknown: number
  readonly expired: number
  /** Trouble of runs that failed. */
  readonly failures: readonly string[]
}

const IDLE_MS = 50
const given = JSON.parse(process.argv[2] ?? '{}') as SweepChild
const test = openTestEngine(given)
let stopping = false
await test.engine.recover()
if (given.table !== undefined) await test.confirmMapping()
const begin = once(process, 'message')
process.send?.('ready')
await begin
process.on('message', () => (stopping = true))

const done = { claims: 0, confirmed: 0, returned: 0, unknown: 0, expired: 0 }
const failures: string[] = []
while (!stopping) {
  const { outcome, trouble } = await test.sweep()
  if (trouble) failures.push(`${trouble.code}: ${trouble.reason}`)
  done.claims += outcome?.claimed ?? 0
  for (const count of ['confirmed', 'returned', 'unknown', 'expired'] as const)
    done[count] += outcome?.[count] ?? 0
  if ((outcome?.claimed ?? 0) === 0) await sleep(IDLE_MS)
}
await test.close()
process.send?.({ ...done, failures } satisfies SweepDone)
process.disconnect()
