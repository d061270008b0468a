import { runPlan } from './fake-jobs.ts'
import { makeMessages } from './fake-messages.ts'
import { proof } from './fake-evidence.ts'
import { makePlan } from './fake-plans.ts'
import { addRun, setSweep } from './fake-sweeps.ts'
import { addBroker, addSource, createWorld, errorOf, iso, type World } from './fake-world.ts'

const SHOPS = [
  'shop-orders',
  'shop-payments',
  'warehouse',
  'loyalty',
  'invoicing',
  'returns',
  'pricing',
  'search-feed',
]
const ENVIRONMENTS = ['production', 'staging', 'development'] as const

/** Worlds to look at: `shop` three sources, `many` forty, `none` first use, `calm` no trouble, `big` 100,000 rows. */
export function exampleWorld(scenario: string): World {
  const now = (): number => Date.now()
  const world = createWorld({ now })
  addBroker(world)
  if (scenario === 'none') world.brokers.clear()
  if (scenario === 'shop') fillShop(world)
  if (scenario === 'many') fillMany(world)
  if (scenario === 'calm') {
    addSource(world, {
      name: 'shop-orders',
      messages: makeMessages({ count: 500, nowMs: now(), mix: { sent: 1 } }),
    })
  }
  if (scenario === 'big') {
    const messages = makeMessages({ count: 100_000, nowMs: now(), mix: { failed: 1 } })
    addSource(world, { name: 'shop-orders', messages, unlocked: true })
  }
  return world
}

function fillShop(world: World): void {
  const nowMs = world.now()
  addSource(world, {
    name: 'shop-orders',
    environment: 'production',
    messages: makeMessages({ count: 1_400, nowMs }),
    unlocked: true,
  })
  addSource(world, {
    name: 'shop-payments',
    environment: 'staging',
    messages: makeMessages({ count: 300, nowMs, seed: 2 }),
    unlocked: true,
  })
  addSource(world, {
    name: 'warehouse',
    messages: makeMessages({ count: 200, nowMs, seed: 3, mix: { sent: 1 } }),
  })
  for (let run = 0; run < 20; run += 1) {
    const did = run % 6 === 1 ? { job: 'job-1', claimed: 40, confirmed: 38, retried: 2, returned: 2 } : {}
    addRun(world, 'shop-payments', { outcome: did })
  }
  setSweep(world, 'shop-payments', { state: 'on', isSetUp: true, nextRunAt: iso(nowMs + 42_000) })
  const trouble = { code: 'host-unreachable', reason: 'connect ECONNREFUSED' } as const
  for (let run = 0; run < 3; run += 1) addRun(world, 'warehouse', { state: 'failed', outcome: null, trouble })
  setSweep(world, 'warehouse', { state: 'stopped', isSetUp: true, stopped: trouble, failures: 3 })
  world.switches.jobBatch = 100
  world.switches.estimateSec = 75
  world.switches.outcome = (item) => {
    if (item.destination.exchange === 'reporting') return 'returned'
    if (item.seq % 23 === 0) return 'parked'
    return item.seq % 17 === 0 ? 'unknown' : 'confirmed'
  }
  world.switches.evidence = ({ seq }) =>
    seq % 2 === 0 ? proof('consumed', iso(nowMs)) : proof('not-seen-within-retention')
  const plan = makePlan(world, {
    source: 'shop-payments',
    selection: { kind: 'filter', filter: { trouble: 'failed' } },
  })
  runPlan(world, { plan: plan.plan, digest: plan.digest, typedCount: null, rate: null })
}

function fillMany(world: World): void {
  const nowMs = world.now()
  for (let index = 0; index < 40; index += 1) {
    const name = `${SHOPS[index % SHOPS.length] ?? 'shop'}-${Math.floor(index / SHOPS.length) + 1}`
    const calm = index % 4 !== 0
    addSource(world, {
      name,
      environment: ENVIRONMENTS[index % ENVIRONMENTS.length] ?? 'development',
      messages: makeMessages({ count: 200, nowMs, seed: index + 1, ...(calm ? { mix: { sent: 1 } } : {}) }),
    })
    if (index % 13 === 5) {
      world.switches.fail[`overview.error ${name}`] = errorOf('host-unreachable', {
        server: 'db.internal:5432',
      })
    }
  }
}
