/**
 * A process that plans a resend of all failed messages and says how much of its heap was in use at the worst moment.
 * Needs `--expose-gc`. Argument: PlanMemoryChild as JSON; prints PlanMemory as JSON.
 */
import { planIsIntact } from '../../src-main/app/resend/plan-intact.ts'
import { openTestEngine } from './test-engine.ts'

export interface PlanMemoryChild {
  readonly dataDir: string
  readonly databaseUrl: string
}

export interface PlanMemory {
  readonly items: number
  readonly intact: boolean
  /** Bytes that were reachable at the worst moment, more than before. */
  readonly peak: number
}

const LOOK_EVERY_MS = 100

/** Bytes that are reachable now: what waits for a collection does not count. */
function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc')
  void globalThis.gc()
  return process.memoryUsage().heapUsed
}

const test = openTestEngine(JSON.parse(process.argv[2] ?? '{}') as PlanMemoryChild)
// What is loaded and compiled at the first use is not counted.
await test.engine.messages.counts('orders', new AbortController().signal)
const before = heapUsed()
let peak = 0
const looking = setInterval(() => (peak = Math.max(peak, heapUsed() - before)), LOOK_EVERY_MS)
const plan = await test.plan({ trouble: 'failed' })
const intact = await planIsIntact(test.store.jobs, plan)
clearInterval(looking)
const memory: PlanMemory = { items: plan.items, intact, peak }
await test.close()
console.log(JSON.stringify(memory))
