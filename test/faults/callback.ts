import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCallbackStore } from '../../src-main/adapters/store-sqlite/callback-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { UPSTREAM_RESENDS_MAX } from '../../src-main/domain/callback/config.ts'
import { openSigned } from '../../src-main/hosts/open-signed.ts'
import { startUpstream } from '../support/upstream-server.ts'
import type { Bus } from './callback-buses.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'

const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')
const SOURCE = 'orders'
const DELAY_SEC = 1
const BATCH = 100
/** One message in five is never confirmed. */
const UNCONFIRMED_EACH = 5
const RETRY_MS = 300
const SETTLE_MS_MAX = 300_000
const POLL_MS = 250
const never = new AbortController().signal

interface Trial {
  readonly count: number
  readonly kills: number
  readonly restarts: number
}

/**
 * Messages are published with confirmations and delayed checks, while the callback service is killed with kill -9 and started
 * again, and the broker is restarted. Then every confirmation that the broker has acknowledged is stored, and the sender was
 * asked for no message that is confirmed, and for each of the others three times at most.
 */
export async function callbackKilled(bus: Bus, { count, kills, restarts }: Trial): Promise<Score> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-callback-'))
  const confirmed = new Set<string>()
  const early: string[] = []
  const upstream = await startUpstream((id) => void (confirmed.has(id) && early.push(id)))
  const service = newService(folder)
  try {
    await writeWorkspace(folder, bus, upstream.url)
    await service.start()
    const ids = Array.from({ length: count }, (_, n) => `m-${n}`)
    const isConfirmed = (n: number): boolean => n % UNCONFIRMED_EACH !== 0
    const trouble = makeTrouble({ bus, service, kills, restarts })
    for (let at = 0; at < count; at += BATCH) {
      const batch = ids.slice(at, at + BATCH)
      const good = batch.filter((_, n) => isConfirmed(at + n))
      await insist(() => bus.confirm(good))
      for (const id of good) confirmed.add(id)
      await insist(() => bus.check(batch))
      await trouble.after((at + BATCH) / count)
    }
    const broken = [...trouble.broken()]
    broken.push(...(await settled(folder, { count, confirmed: confirmed.size })))
    await service.end()
    const attempted = ids.filter((_, n) => isConfirmed(n))
    const found = await look(folder, ids)
    const open = ids.filter((_, n) => !isConfirmed(n))
    const times = Map.groupBy(upstream.asked, (id) => id)
    const tooOften = [...times].filter(([, asked]) => asked.length > UPSTREAM_RESENDS_MAX)
    const unasked = open.filter((id) => !times.has(id))
    const hold = (what: string, holds: boolean): void => void (holds || broken.push(what))
    hold(`the sender was asked for ${early.length} confirmed messages`, early.length === 0)
    hold(
      `the sender was asked more than ${UPSTREAM_RESENDS_MAX} times for ${tooOften.length}`,
      tooOften.length === 0,
    )
    hold(`the sender was never asked for ${unasked.length} unconfirmed messages`, unasked.length === 0)
    hold('requests to the sender were not counted', found.counted >= upstream.asked.length)
    hold('the journal is broken', found.intact)
    console.log(
      `  ${bus.name}: ${trouble.kills()} kills, ${trouble.restarts()} restarts of the broker, ${upstream.asked.length} requests to the sender for ${times.size} of ${open.length} unconfirmed messages, ${early.length} for confirmed ones`,
    )
    return scoreOf(
      `callback service on ${bus.name}: ${count} messages, ${kills} kills, ${restarts} restarts`,
      {
        attempted,
        acknowledged: [...confirmed],
        delivered: found.stored,
        unknown: found.unknown,
        broken,
      },
    )
  } finally {
    await service.end('SIGKILL')
    await upstream.close()
    await bus.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeWorkspace(folder: string, bus: Bus, url: string): Promise<void> {
  const callback = {
    listen: { broker: 'bus', delaySec: DELAY_SEC, ...bus.listen },
    resend: { method: 'POST', url, timeoutMs: 5_000 },
  }
  const source = {
    driver: 'postgres',
    // Never opened: the service needs no outbox.
    url: 'postgres://nobody@127.0.0.1:1/none',
    environment: 'development',
    outbox: { table: 'public.outbox_message' },
    callback,
  }
  const workspace = { sources: { [SOURCE]: source }, brokers: { bus: bus.broker } }
  await writeFile(join(folder, 'redrive.json'), JSON.stringify(workspace))
}

interface Service {
  start(): Promise<void>
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

function newService(folder: string): Service {
  let child: ChildProcess | null = null
  const words = ['callback', '--source', SOURCE, '--declare', '--resend', '--port', '0', '--json']
  const start = async (): Promise<void> => {
    // A broker that is being restarted makes the start fail: whoever looks after the service starts it again.
    for (const end = Date.now() + SETTLE_MS_MAX; Date.now() < end;) {
      const starting = spawn(
        process.execPath,
        [MAIN, ...words, '--workspace', 'redrive.json', '--data', 'data'],
        { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
      )
      child = starting
      const began = await new Promise<boolean>((done) => {
        starting.stdout.on('data', (chunk: Buffer) => chunk.includes('"health"') && done(true))
        starting.once('exit', () => done(false))
      })
      if (began) return
      await sleep(RETRY_MS)
    }
    throw new Error('the callback service did not start')
  }
  return {
    start,
    async end(signal = 'SIGTERM') {
      const ending = child
      child = null
      if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return
      const gone = new Promise((done) => ending.once('exit', done))
      ending.kill(signal)
      await gone
    },
  }
}

/** Spread over the run: kills, and restarts of the broker between them. */
function makeTrouble({
  bus,
  service,
  kills,
  restarts,
}: Omit<Trial, 'count'> & { bus: Bus; service: Service }) {
  let killed = 0
  let restarted = 0
  return {
    async after(share: number): Promise<void> {
      while (killed < kills && share >= (killed + 1) / (kills + 1)) {
        killed += 1
        await service.end('SIGKILL')
        await service.start()
      }
      while (restarted < restarts && share >= (restarted + 0.5) / restarts) {
        restarted += 1
        await bus.restart()
      }
    },
    kills: () => killed,
    restarts: () => restarted,
    broken: () => (killed === kills && restarted === restarts ? [] : ['not all of the trouble was made']),
  }
}

/** Publishes until the broker has acknowledged: what was not may be there twice. */
async function insist(publish: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + SETTLE_MS_MAX; ;) {
    try {
      return await publish()
    } catch (error) {
      if (Date.now() > end) throw error
      await sleep(RETRY_MS)
    }
  }
}

async function settled(
  folder: string,
  { count, confirmed }: { readonly count: number; readonly confirmed: number },
): Promise<readonly string[]> {
  const store = openCallbackStore({ path: join(folder, 'data', 'callback.db'), clock: systemClock() })
  try {
    for (const end = Date.now() + SETTLE_MS_MAX; ;) {
      const { waiting, confirmations, person } = await store.reading.counts(SOURCE)
      if (waiting === 0 && confirmations >= confirmed && person === count - confirmed) return []
      if (Date.now() > end)
        return [`it did not settle: ${waiting} checks wait, ${confirmations} stored, ${person} for a person`]
      await sleep(POLL_MS)
    }
  } finally {
    store.close()
  }
}

async function look(folder: string, ids: readonly string[]) {
  const clock = systemClock()
  const dataDir = join(folder, 'data')
  const callbacks = openCallbackStore({ path: join(dataDir, 'callback.db'), clock })
  // With the key of the service: its signatures are verified, too.
  const { store } = await openSigned({ dataDir, fileName: 'redrive.db', place: undefined }, clock)
  try {
    const stored = [...(await callbacks.reading.confirmed(SOURCE, ids)).keys()]
    const attempts = [...(await store.upstream.attempts(SOURCE, ids)).values()].flat()
    const counted = attempts.filter(
      ({ outcome }) => outcome !== 'not-needed' && outcome !== 'not-asked',
    ).length
    const unknown = attempts.filter(({ outcome }) => outcome === null || outcome === 'unknown').length
    const { intact } = await store.journal.verify(never)
    return { stored, counted, unknown, intact }
  } finally {
    callbacks.close()
    await store.close()
  }
}
