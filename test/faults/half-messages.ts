import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import type { HalfStanding } from '../../src-main/domain/check-back.ts'
import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import { startCheckService } from '../../src-main/sandbox/check-service.ts'
import { checkBackOf } from '../support/check-backs.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import type { CheckChild } from '../support/check-child.ts'
import { openTestEngine, testSource } from '../support/test-engine.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'

const CHILD = resolve(import.meta.dirname, '../support/check-child.ts')
/** Of five messages two were done, two were not, and of one nobody knows. */
const KINDS = ['yes', 'no', 'yes', 'no', 'open'] as const
/** One call in five is answered by something else. */
const FAILS_EVERY = 5
const CHECKS_MAX = 15
/** Points of a run that only counts, asks and writes down that nobody knows. */
const LEAST_POINTS = 4
/** Runs until nothing is left to ask about. */
const RUNS_MAX = 60
/** More than any proof parks. */
const PARKED_MAX = 100_000

/** Runs one check-back in a process that kills itself at its nth statement or call; false: it came to its end. */
function killedAt(child: CheckChild): Promise<boolean> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [CHILD, JSON.stringify(child)], (error, _stdout, stderr) => {
      if (error?.signal === 'SIGKILL') done(true)
      else if (error) fail(new Error(`the child failed by itself: ${stderr}`))
      else done(false)
    })
  })
}

/**
 * Half messages whose producer's check service fails one time in five and else tells the truth, while the console that asks is
 * killed at one point after the other. Every commit is sent exactly once, no rollback ever, and what nobody knows is parked.
 */
export async function halfMessagesKilled(
  count: number,
  kills: number,
  driver: SourceDriver = 'postgres',
): Promise<Score> {
  const stage = await openStage({ driver })
  let calls = 0
  const service = await startCheckService((id) => {
    calls += 1
    if (calls % FAILS_EVERY === 0) return 'wrong'
    const kind = id.split('-')[0]
    return kind === 'yes' || kind === 'no' ? kind : 'unknown'
  })
  try {
    await prepare(stage, driver, count)
    const dataDir = await stage.folder()
    const checkBack = checkBackOf(service.url, { checksMax: CHECKS_MAX, concurrency: 16 })
    const options = { dataDir, databaseUrl: stage.database.url, checkBack }
    const broken: string[] = []
    let killed = 0
    for (let point = 1; point <= kills; point++) {
      // Each point some way further into the run than the one before.
      if (await killedAt({ ...options, crashAt: point * 3 })) killed += 1
      // Less is left to do by now: one of the points that every run has.
      else if (await killedAt({ ...options, crashAt: 1 + (point % LEAST_POINTS) })) killed += 1
    }
    if (killed !== kills) broken.push(`${killed} of ${kills} kills took place`)
    const end = await toTheEnd(options)
    broken.push(...end.broken)
    return await judge(stage, { driver, count, broken, killed, parked: end.parked })
  } finally {
    await service.close()
    await stage.close()
  }
}

async function prepare({ database, queue }: Stage, driver: SourceDriver, count: number): Promise<void> {
  const text =
    driver === 'mysql'
      ? `insert into outbox_message (message_id, status, created_at, routing_key, payload)
         select concat(elt(seq % ${KINDS.length} + 1, '${KINDS.join(`','`)}'), '-', seq), 'prepared',
           now() - interval 1 hour, '${queue}', '{}' from seq_1_to_${count}`
      : `insert into outbox_message (message_id, status, created_at, routing_key, payload)
         select (array['${KINDS.join(`','`)}'])[i % ${KINDS.length} + 1] || '-' || i, 'prepared',
           now() - interval '1 hour', '${queue}', '{}' from generate_series(1, ${count}) i`
  await database.sql(text)
}

interface End {
  readonly broken: readonly string[]
  readonly parked: readonly HalfStanding[]
}

/** Asks until every message is decided or parked, and sends what was committed. */
async function toTheEnd(options: Omit<CheckChild, 'crashAt'>): Promise<End> {
  const engine = openTestEngine({ ...options, sweep: quickSweep })
  try {
    await engine.engine.recover()
    let asked = -1
    for (let run = 0; run < RUNS_MAX && asked !== 0; run++) {
      const { outcome, trouble } = await engine.checkBack()
      if (trouble) return { broken: [`${trouble.code}: ${trouble.reason}`], parked: [] }
      asked = outcome?.asked ?? 0
    }
    const swept = await engine.sweep()
    const journal = await engine.store.journal.verify(AbortSignal.timeout(60_000))
    const parked = await engine.store.halfMessages.inState(testSource, {
      state: 'parked',
      askedBefore: null,
      limit: PARKED_MAX,
    })
    const broken = [
      ...(asked === 0 ? [] : ['something was still asked about at the end']),
      ...(swept.outcome?.unknown === 0 ? [] : ['the sweep has unknown outcomes']),
      ...(journal.intact ? [] : ['the journal is broken']),
    ]
    return { broken, parked }
  } finally {
    await engine.close()
  }
}

interface Ended {
  readonly driver: SourceDriver
  readonly count: number
  readonly killed: number
  readonly broken: string[]
  readonly parked: readonly HalfStanding[]
}

async function judge(stage: Stage, { driver, count, killed, broken, parked }: Ended): Promise<Score> {
  const delivered = await stage.take()
  const never = driver === 'mysql' ? `next_attempt_at > '9000-01-01'` : `next_attempt_at = 'infinity'`
  const rows = await stage.database.sql(
    `select message_id, status, case when ${never} then 'never' else 'due' end as due, attempts from outbox_message`,
  )
  const waiting = new Map(parked.map((one) => [one.messageId, one.checks]))
  const wanted = {
    yes: (row: (typeof rows)[number]) => row['status'] === 'sent' && Number(row['attempts']) === 1,
    no: (row: (typeof rows)[number]) => row['status'] === 'failed' && row['due'] === 'never',
    open: (row: (typeof rows)[number]) =>
      row['status'] === 'prepared' && (waiting.get(row['message_id'] ?? '') ?? 0) >= CHECKS_MAX,
  }
  for (const row of rows) {
    const kind = (row['message_id'] ?? '').split('-')[0] as keyof typeof wanted
    if (!wanted[kind](row)) broken.push(`${row['message_id']} is ${row['status']}`)
  }
  const open = rows.filter((row) => row['message_id']?.startsWith('open-')).length
  if (parked.length !== open) broken.push(`${parked.length} are parked of ${open} that nobody knows of`)
  const commits = rows.flatMap((row) => (row['message_id']?.startsWith('yes-') ? [row['message_id']] : []))
  return scoreOf(
    `${count} half messages of ${driver}, ${parked.length} parked, a check service that fails 1 in ${FAILS_EVERY}, killed ${killed} times`,
    {
      attempted: commits,
      acknowledged: rows.flatMap((row) => (row['status'] === 'sent' ? [row['message_id'] ?? ''] : [])),
      delivered,
      unknown: 0,
      broken: broken.slice(0, 20),
    },
  )
}
