import { runPlan } from './fake-jobs.ts'
import { makeMessages } from './fake-messages.ts'
import { makePlan } from './fake-plans.ts'
import { addBroker, addSource, createWorld, type World } from './fake-world.ts'
import type { MountedConsole } from './mount-console.ts'

interface Shop {
  readonly count?: number
  readonly unlocked?: boolean
}

export function shop({ count = 60, unlocked = true }: Shop = {}): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count, nowMs: world.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', unlocked: true, messages })
  world.switches.outcome = (item) => (item.seq % 10 === 0 ? 'unknown' : 'confirmed')
  if (!unlocked) lockAfterStart(world)
  return world
}

function lockAfterStart(world: World): void {
  startJob(world)
  const source = world.sources.get('shop')
  if (source !== undefined) source.connection.unlockedUntil = null
}

export function startJob(world: World): string {
  const plan = makePlan(world, { source: 'shop', selection: { kind: 'filter', filter: {} } })
  return runPlan(world, { plan: plan.plan, digest: plan.digest, typedCount: null, rate: null }).job
}

export function jobOf(world: World, id: string) {
  const job = world.jobs.get(id)?.job
  if (job === undefined) throw new Error(`no job ${id}`)
  return job
}

export const sentence = (page: MountedConsole): string => page.text('.sentence') ?? ''
export const rows = (page: MountedConsole): string[] =>
  page.all('[data-seq]').map((row) => row.textContent ?? '')
