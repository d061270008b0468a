import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { JobItem } from '../../src-main/domain/job.ts'
import type { Store } from '../../src-main/ports/store.ts'
import { rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { addPending } from '../support/sweep-samples.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'

const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')
const CONSOLES = 2
const AGENTS = 3
/** Slow enough that kills meet the job under way. */
const RATE = 4_000
const POLL_MS = 500
const ITEMS_PAGE = 10_000
const SOURCE = 'orders'

export interface TeamOptions {
  /** Milliseconds between two kills. */
  readonly killEveryMs: number
  readonly timeoutMs: number
}

interface Team {
  readonly folder: string
  readonly members: Map<string, ChildProcess>
  kills: number
  /** Kills that met the process that carried the job out. */
  hits: number
  ending: boolean
}

/**
 * Two consoles that run one plan, again and again, and three agents, each a process with a folder of its own, on one shared
 * store. One of them is killed with kill -9 every few seconds and started again, until the job is done. Then every message
 * that was confirmed is in the queue, none is there twice that was not reported, and every item has ended once.
 */
export async function teamKilled(count: number, { killEveryMs, timeoutMs }: TeamOptions): Promise<Score> {
  const stage = await openStage()
  const folder = await mkdtemp(join(tmpdir(), 'redrive-team-'))
  const team: Team = { folder, members: new Map(), kills: 0, hits: 0, ending: false }
  stage.onClose(() => disband(team))
  await addPending(stage.database, { queue: stage.queue, count })
  await stage.database.sql(
    `update outbox_message set status = 'failed', attempts = 3, last_error = 'refused'`,
  )
  await writeFile(join(folder, 'redrive.json'), workspaceOf(stage))
  const run = await planOf(team)
  const password = async (): Promise<string> => serverAddress().password
  const { url } = stage.database
  const store = await openSharedStore({
    url,
    password,
    dataDir: join(folder, 'looking'),
    clock: systemClock(),
  })
  try {
    for (let at = 0; at < CONSOLES; at += 1) keep(team, `console-${at}`, run)
    for (let at = 0; at < AGENTS; at += 1) keep(team, `agent-${at}`, ['agent', '--source', SOURCE])
    await killUntilDone(team, store, { killEveryMs, timeoutMs })
    await disband(team)
    return await judged(stage, store, team, count)
  } finally {
    await store.close()
    await stage.close()
  }
}

function workspaceOf({ database }: Stage): string {
  const password = { value: serverAddress().password }
  const outbox = { profile: 'auto', table: 'public.outbox_message' }
  const source = { driver: 'postgres', url: database.url, password, environment: 'development', outbox }
  return JSON.stringify({
    sources: { [SOURCE]: { ...source, deliver: { broker: 'rabbit' }, stuckAfterSec: 60, maxAttempts: 3 } },
    brokers: { rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
    store: { url: database.url, password },
  })
}

/** The words that carry the plan out. */
async function planOf(team: Team): Promise<readonly string[]> {
  const words = ['plan', 'resend', '--source', SOURCE, '--trouble', 'failed', '--out', 'plan.ndjson']
  const child = start(team, 'planner', words)
  let stdout = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  const record = stdout.split('\n').find((line) => line.startsWith('{')) ?? '{}'
  const { digest } = JSON.parse(record) as { digest?: string }
  if (code !== 0 || digest === undefined) throw new Error(`no plan (${code}): ${stdout}`)
  return ['run', 'plan.ndjson', '--confirm', digest, '--rate', String(RATE)]
}

function start({ folder }: Team, name: string, words: readonly string[]): ChildProcess {
  const globals = ['--json', '--workspace', 'redrive.json', '--data', `data-${name}`]
  return spawn(process.execPath, [MAIN, ...words, ...globals], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** Starts it anew whenever it ends. */
function keep(team: Team, name: string, words: readonly string[]): void {
  const child = start(team, name, words)
  child.stdout?.resume()
  team.members.set(name, child)
  child.once('close', () => {
    // A console that finds the job with another one looks again in a moment.
    if (!team.ending) setTimeout(() => team.ending || keep(team, name, words), POLL_MS)
  })
}

async function disband(team: Team): Promise<void> {
  team.ending = true
  const closed = [...team.members.values()].map(async (child) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const end = new Promise((done) => child.once('close', done))
    child.kill('SIGKILL')
    await end
  })
  await Promise.all(closed)
}

async function killUntilDone(
  team: Team,
  store: Store,
  { killEveryMs, timeoutMs }: TeamOptions,
): Promise<void> {
  const giveUpMs = Date.now() + timeoutMs
  let killedMs = Date.now()
  for (;;) {
    await sleep(POLL_MS)
    const [job] = await store.jobReader.jobs({ before: null, limit: 1 })
    if (job?.state === 'done' || job?.state === 'cancelled') return
    if (Date.now() > giveUpMs) throw new Error(`not done in time: ${JSON.stringify(job)}`)
    if (job === undefined || Date.now() - killedMs < killEveryMs) continue
    killedMs = Date.now()
    const owners = new Set((await store.jobs.runningJobs()).map(({ owner }) => owner.pid))
    const alive = [...team.members.values()].filter(
      (child) => child.exitCode === null && child.signalCode === null,
    )
    const victim = alive[Math.floor(Math.random() * alive.length)]
    if (victim === undefined) continue
    team.kills += 1
    if (owners.has(victim.pid ?? 0)) team.hits += 1
    victim.kill('SIGKILL')
  }
}

async function judged(stage: Stage, store: Store, team: Team, count: number): Promise<Score> {
  const [job] = await store.jobReader.jobs({ before: null, limit: 1 })
  const items: JobItem[] = []
  for (let afterSeq = 0; ;) {
    const page = await store.jobReader.items(job?.job ?? '', { afterSeq, limit: ITEMS_PAGE })
    items.push(...page)
    const last = page.at(-1)
    if (last === undefined) break
    afterSeq = last.seq
  }
  const idsOf = (result: string): string[] =>
    items.filter((item) => item.result === result).map(({ messageId }) => messageId)
  const { tally, state, ended } = job ?? {}
  const confirmed = idsOf('confirmed')
  const unknown = idsOf('unknown')
  const journal = await store.journal.verify(new AbortController().signal)
  const [row] = await stage.database.sql(`select count(*) as sent from outbox_message where status = 'sent'`)
  const delivered = await stage.take()
  const there = new Set(delivered)
  console.log(
    `  team: ${team.kills} kills, ${team.hits} of them of the one that carried the job out; ${confirmed.length} confirmed, ${unknown.length} unknown (${unknown.filter((id) => there.has(id)).length} of them arrived), ${row?.['sent']} rows marked`,
  )
  const holds: readonly [string, boolean][] = [
    ['the job is done', state === 'done' && ended === count],
    ['every item ended', items.length === count && items.every(({ itemState }) => itemState === 'done')],
    ['every item was settled once', new Set(items.map(({ id }) => id)).size === count],
    ['the tally counts the items', tally?.confirmed === confirmed.length && tally.unknown === unknown.length],
    ['nothing but confirmed and unknown', confirmed.length + unknown.length === count],
    ['every confirmed row is marked', Number(row?.['sent']) === confirmed.length],
    ['the journal is intact', journal.intact],
  ]
  return scoreOf(`${count} messages by a team, ${team.kills} kills`, {
    attempted: items.map(({ messageId }) => messageId),
    acknowledged: confirmed,
    delivered,
    unknown: unknown.length,
    broken: holds.filter(([, held]) => !held).map(([what]) => `not so: ${what}`),
  })
}
