import { setTimeout as sleep } from 'node:timers/promises'
import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import { rabbit } from '../support/rabbitmq.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { Direction, TcpProxy } from '../support/tcp-proxy.ts'
import type { Score } from './score.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { conclude, resend, sweep } from './work.ts'
import type { Settling, Work } from './work.ts'

export type Side = 'source' | 'broker'

/** What goes wrong with the network, and when. `after` counts messages that have their answer. */
export type NetworkFault =
  | { readonly kind: 'cut'; readonly direction: Direction; readonly bytes: number }
  | { readonly kind: 'black-hole'; readonly directions: readonly Direction[]; readonly after: number }
  | { readonly kind: 'reset'; readonly after: number }
  | { readonly kind: 'latency'; readonly ms: number }

export interface NetworkCase {
  readonly work: Work
  /** Of the source. */
  readonly driver: SourceDriver
  readonly side: Side
  readonly fault: NetworkFault
  readonly settling: Settling
}

const MESSAGES = 240
/** Small, so that claims, intents, publishes and marks of many batches stand side by side when it breaks. */
const BATCH = 30
const CONFIRM_TIMEOUT_MS = 700
/** Longer than the confirm timeout: unanswered publishes have become unknown by then. */
const HOLE_MS = 1_500
const AWAY_MS = 20_000
const POLL_MS = 5
const NEVER_SO_FAR_MS = 10_000

export function nameOf({ work, driver, side, fault }: NetworkCase): string {
  const begin = `${work.name} of ${driver}, ${side}:`
  if (fault.kind === 'cut') return `${begin} cut after ${fault.bytes} bytes ${fault.direction}`
  if (fault.kind === 'black-hole')
    return `${begin} black hole ${fault.directions.join('+')} at ${fault.after}`
  return fault.kind === 'reset' ? `${begin} reset at ${fault.after}` : `${begin} latency ${fault.ms} ms`
}

/** Runs one case after the other, on one stage for each kind of source; `onScore` hears of each. */
export async function runNetworkCases(
  cases: readonly NetworkCase[],
  onScore: (score: Score) => void = () => undefined,
): Promise<readonly Score[]> {
  const scores: Score[] = []
  for (const [driver, own] of Map.groupBy(cases, (one) => one.driver)) {
    const stage = await openStage({ driver })
    try {
      for (const one of own) {
        const score = await runCase(stage, one)
        scores.push(score)
        onScore(score)
      }
    } finally {
      await stage.close()
    }
  }
  return scores
}

async function runCase(stage: Stage, one: NetworkCase): Promise<Score> {
  await stage.clear()
  await one.work.prepare(stage, MESSAGES)
  const behind = new URL(stage.database.url)
  const source = { host: behind.hostname, port: Number(behind.port) }
  const { host, port } = one.side === 'source' ? source : rabbit
  const proxy = await openTcpProxy({ host, port })
  if (one.side === 'source') behind.port = String(proxy.port)
  const engine = await stage.engine({
    databaseUrl: behind.href,
    ...(one.side === 'broker' ? { brokerPort: proxy.port } : {}),
    batch: BATCH,
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    awayMsMax: AWAY_MS,
    sweep: quickSweep,
  })
  try {
    const met = await carryOut(one, { engine, proxy })
    const unmet = met ? [] : ['the fault did not happen']
    const broken = [...unmet, ...(await one.work.finish(stage, engine))]
    return await conclude(nameOf(one), { stage, engine, work: one.work, broken }, one.settling)
  } finally {
    await engine.close()
    await proxy.close()
  }
}

/** Answers whether the fault came about at all: a case that breaks nothing proves nothing. */
async function carryOut(
  { work, fault }: NetworkCase,
  { engine, proxy }: { engine: Awaited<ReturnType<Stage['engine']>>; proxy: TcpProxy },
): Promise<boolean> {
  const start = await work.ready(engine)
  if (fault.kind === 'latency') {
    proxy.delay(fault.ms)
    await start()
    return true
  }
  if (fault.kind === 'cut') {
    const { promise: cuts, resolve } = Promise.withResolvers<boolean>()
    proxy.cutAfter(fault.direction, fault.bytes, () => resolve(true))
    await start()
    return Promise.race([cuts, sleep(NEVER_SO_FAR_MS, false)])
  }
  await start()
  const met = await reached(() => work.progress(engine), fault.after)
  if (fault.kind === 'reset') {
    proxy.reset()
    return met
  }
  proxy.blackHole(...fault.directions)
  await sleep(HOLE_MS)
  // What was swallowed is gone: the streams cannot go on.
  proxy.blackHole()
  proxy.reset()
  return met
}

async function reached(progress: () => Promise<number>, count: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < NEVER_SO_FAR_MS; waitedMs += POLL_MS) {
    if ((await progress()) >= count) return true
    await sleep(POLL_MS)
  }
  return false
}

/**
 * Within what flows. The broker says about 565 bytes until a channel is open; its confirms are few, and 21 bytes each.
 */
const CUTS: Readonly<Record<Side, Readonly<Record<Direction, readonly number[]>>>> = {
  source: { up: [300, 1_500, 4_000, 8_000, 12_000], down: [300, 1_500, 6_000, 20_000, 25_000] },
  broker: { up: [300, 1_500, 6_000, 20_000, 45_000], down: [50, 300, 500, 560, 580] },
}
const POINTS: readonly number[] = [1, 60, 150]

/** Every fault on both sides, for a resend and for a sweep. */
export function networkGrid(driver: SourceDriver): readonly NetworkCase[] {
  const faultsOf = (side: Side): readonly NetworkFault[] => [
    ...CUTS[side].up.map((bytes) => cut('up', bytes)),
    ...CUTS[side].down.map((bytes) => cut('down', bytes)),
    ...POINTS.flatMap((after) =>
      ([['up'], ['down'], ['up', 'down']] as const).map((directions) => hole(directions, after)),
    ),
    ...POINTS.map((after) => ({ kind: 'reset', after }) as const),
    { kind: 'latency', ms: 200 },
  ]
  const cases = [resend, sweep].flatMap((work) =>
    (['source', 'broker'] as const).flatMap((side) =>
      faultsOf(side).map((fault) => ({ work, driver, side, fault })),
    ),
  )
  return cases.map((one, index) => ({
    ...one,
    settling: index % 2 === 0 ? 'by-looking' : 'blindly-not-sent',
  }))
}

/** One of each, for every run of the tests. */
export const networkHandful: readonly NetworkCase[] = [
  ...(
    [
      { work: resend, side: 'source', fault: cut('down', 20_000), settling: 'by-looking' },
      { work: sweep, side: 'source', fault: cut('up', 6_000), settling: 'by-looking' },
      { work: resend, side: 'broker', fault: cut('up', 20_000), settling: 'blindly-not-sent' },
      { work: sweep, side: 'broker', fault: cut('down', 560), settling: 'by-looking' },
      { work: sweep, side: 'broker', fault: hole(['down'], 60), settling: 'blindly-not-sent' },
      { work: resend, side: 'source', fault: { kind: 'reset', after: 60 }, settling: 'by-looking' },
      { work: resend, side: 'broker', fault: { kind: 'latency', ms: 200 }, settling: 'by-looking' },
    ] as const
  ).map((one) => ({ ...one, driver: 'postgres' as const })),
  ...(
    [
      { work: resend, side: 'source', fault: cut('down', 20_000), settling: 'by-looking' },
      { work: resend, side: 'source', fault: hole(['down'], 60), settling: 'by-looking' },
      { work: sweep, side: 'source', fault: cut('up', 6_000), settling: 'by-looking' },
      { work: sweep, side: 'source', fault: { kind: 'reset', after: 60 }, settling: 'by-looking' },
      { work: sweep, side: 'broker', fault: cut('down', 560), settling: 'blindly-not-sent' },
    ] as const
  ).map((one) => ({ ...one, driver: 'mysql' as const })),
]

function cut(direction: Direction, bytes: number): NetworkFault {
  return { kind: 'cut', direction, bytes }
}

function hole(directions: readonly Direction[], after: number): NetworkFault {
  return { kind: 'black-hole', directions, after }
}
