import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { UNDER_WAY_SEC_MAX } from '../../src-main/app/dead-letters/arrivals.ts'
import { EXIT } from '../../src-main/hosts/cli/exit-codes.ts'
import { deaths, openDeadLetterScene } from '../support/dead-letter-scene.ts'
import type { DeadLetterScene } from '../support/dead-letter-scene.ts'
import { rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'

const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')
/** Slow enough that a kill meets messages in every state. */
const RATE = 1_500
const POLL_MS = 3
const RUNS_MAX = 10
/** Shares of a group after which its process is killed. */
const KILL_AT = [0.1, 0.5, 0.9]
/** What a process held that was killed is put back by the broker, in its own time. */
const RETURNED_WITHIN_MS = 30_000
const RETURNED_PAUSE_MS = 200
/** A busy broker may not answer in time, or still be putting back what the last look held: it is asked again. */
const TRIES_MAX = 10
const PAUSE_MS = 1_000

interface Ended {
  readonly code: number | null
  readonly killed: boolean
  readonly records: readonly Record<string, unknown>[]
}

/**
 * Dead letters of five causes are redriven group by group, by the command line in processes of their own; the first
 * `killed` groups are killed on the way with kill -9 and started again until they are done. Then every message is in its
 * queue or still among the dead letters, and those in both were reported: their outcome is unknown, or it is confirmed and
 * the letter was not found to be taken out.
 *
 * An unknown outcome may never have gone out, so what is in both is counted by looking into the queue that they went to
 * (`jobs settle --by queue --untouched`; nobody consumes here): it settles exactly those as sent and takes their letters out,
 * and the rest, which is among the dead letters only, as not sent. After it as many are unknown as are in both: none.
 */
export async function deadLettersKilled(each: number, killed: number): Promise<Score> {
  const scene = await openDeadLetterScene()
  const folder = await mkdtemp(join(tmpdir(), 'redrive-letters-'))
  try {
    await writeFile(join(folder, 'redrive.json'), workspace(scene))
    const ids = await scene.die(each)
    const broken = await grouped(folder, scene, each)
    for (const [index, group] of (await groupsOf(folder, scene)).entries()) {
      await redriveGroup(folder, scene, { cause: group, each, kill: index < killed, index })
    }
    const attempted = deaths.flatMap((death) => ids[death])
    const unknown = await unknownIds(folder)
    const unmarked = await unmarkedIds(folder)
    const before = await placed(scene, attempted)
    broken.push(...unreported(before, new Set([...unknown, ...unmarked])))
    if (before.back.length < attempted.length / 2) broken.push(`only ${before.back.length} were redriven`)
    console.log(
      `  dead letters: ${before.back.length} redriven, ${before.left.length} left, ${before.both.length} in both, ${unknown.size} reported unknown, ${unmarked.size} confirmed whose letter was not there any more`,
    )
    const settled = await settledByLooking(folder, scene)
    const after = await placed(scene, attempted)
    const { back, left } = after
    const still = await unknownIds(folder)
    broken.push(...unsettled({ before, after, settled, unknown, still, unmarked }))
    console.log(
      `  after a look into the queue: of ${unknown.size} unknown ${settled.sent} were there and are settled as sent, ${settled.notSent} were not sent; ${after.both.length} in both, ${still.size} unknown, ${left.length} left`,
    )
    return scoreOf(`${attempted.length} dead letters, ${killed} groups killed`, {
      attempted,
      // None may be in neither.
      acknowledged: attempted,
      delivered: [...back, ...left],
      unknown: still.size,
      broken,
    })
  } finally {
    await scene.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function workspace({ deadLetters }: DeadLetterScene): string {
  const broker = { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } }
  return JSON.stringify({ brokers: { rabbit: { ...broker, deadLetters: [{ queue: deadLetters }] } } })
}

/** Not expired and rejected: their cause is the queue, whatever was in it. */
async function grouped(folder: string, scene: DeadLetterScene, each: number): Promise<string[]> {
  const records = await asked(folder, ['deadletters', 'groups', ...queueWords(scene)])
  const wrong = records.filter(({ count }) => count !== each)
  return records.length === deaths.length && wrong.length === 0
    ? []
    : [`${records.length} groups instead of ${deaths.length}: ${JSON.stringify(records)}`]
}

async function groupsOf(folder: string, scene: DeadLetterScene): Promise<readonly string[]> {
  const records = await asked(folder, ['deadletters', 'groups', ...queueWords(scene)])
  return records.map(({ cause }) => String(cause))
}

async function redriveGroup(
  folder: string,
  scene: DeadLetterScene,
  { cause, each, kill, index }: { cause: string; each: number; kill: boolean; index: number },
): Promise<void> {
  const out = `group-${index}.ndjson`
  const words = ['deadletters', 'plan', ...queueWords(scene), '--cause', cause, '--out', out]
  const [plan] = await asked(folder, words)
  const { digest, items } = plan ?? {}
  const run = ['run', out, '--confirm', String(digest), '--count', String(items)]
  const before = await scene.depth(scene.queue)
  for (let attempt = 0; attempt < RUNS_MAX; attempt += 1) {
    const share = kill ? KILL_AT[attempt] : undefined
    const until = share === undefined ? null : before + Math.floor(each * share)
    const ended = await redrive(folder, [...run, '--rate', String(RATE)], { scene, until })
    if (ended.killed) continue
    if (ended.code === EXIT.done || ended.code === EXIT.attention) return
    throw new Error(`${cause} ended with ${ended.code}: ${JSON.stringify(ended.records.at(-1))}`)
  }
  throw new Error(`${cause} never got through`)
}

/** What a command that only looks answers with. */
async function asked(folder: string, words: readonly string[]): Promise<Ended['records']> {
  for (let attempt = 1; ; attempt += 1) {
    const { code, records } = await redrive(folder, words)
    if ((code === EXIT.done || code === EXIT.attention) && records.length > 0) return records
    if (attempt === TRIES_MAX) throw new Error(`${words.join(' ')}: ${code}, ${JSON.stringify(records)}`)
    await new Promise((resolve_) => setTimeout(resolve_, PAUSE_MS))
  }
}

interface Placed {
  readonly back: readonly string[]
  readonly left: readonly string[]
  readonly both: readonly string[]
}

/** What is in the two queues; waits for what is still to come back. */
async function placed(scene: DeadLetterScene, attempted: readonly string[]): Promise<Placed> {
  for (const endMs = Date.now() + RETURNED_WITHIN_MS; ;) {
    const [back, left] = [await scene.peek(scene.queue), await scene.peek(scene.deadLetters)]
    const redriven = new Set(back)
    const seen = new Set([...back, ...left])
    if (Date.now() > endMs || attempted.every((id) => seen.has(id)))
      return { back, left, both: left.filter((id) => redriven.has(id)) }
    await new Promise((resolve_) => setTimeout(resolve_, RETURNED_PAUSE_MS))
  }
}

function unreported({ both }: Placed, reported: ReadonlySet<string>): readonly string[] {
  const untold = both.filter((id) => !reported.has(id))
  return untold.length === 0 ? [] : [`${untold.length} messages are in both and were not reported`]
}

interface Looked {
  readonly sent: number
  readonly notSent: number
}

/** Jobs that have unknown outcomes look for them in the queue, when nothing of a dead process can still come in. */
async function settledByLooking(folder: string, scene: DeadLetterScene): Promise<Looked> {
  const { records } = await redrive(folder, ['jobs', 'unknown'])
  if (records.length === 0) return { sent: 0, notSent: 0 }
  await new Promise((resolve_) => setTimeout(resolve_, (UNDER_WAY_SEC_MAX + 1) * 1_000))
  let [sent, notSent] = [0, 0]
  for (const job of new Set(records.map(({ job: id }) => String(id)))) {
    const words = ['jobs', 'settle', job, '--by', 'queue', '--queue', scene.queue, '--untouched', '--read']
    const [answer] = await asked(folder, words)
    notSent += Number(answer?.['notSent'])
    sent += Number(answer?.['settled']) - Number(answer?.['notSent'])
  }
  return { sent, notSent }
}

/** What was in both is what was settled as sent, the rest as not sent; afterwards none is in both, and none unknown. */
function unsettled({
  before,
  after,
  settled,
  unknown,
  still,
  unmarked,
}: {
  readonly before: Placed
  readonly after: Placed
  readonly settled: Looked
  readonly unknown: ReadonlySet<string>
  readonly still: ReadonlySet<string>
  readonly unmarked: ReadonlySet<string>
}): readonly string[] {
  const inBoth = before.both.filter((id) => !unmarked.has(id)).length
  const both = after.both.filter((id) => !unmarked.has(id)).length
  const only = [...unknown].filter((id) => before.left.includes(id) && !before.both.includes(id)).length
  return [
    ...(settled.sent === inBoth ? [] : [`${inBoth} were in both and ${settled.sent} were found by looking`]),
    ...(settled.notSent === only ? [] : [`${only} were dead letters only and ${settled.notSent} not sent`]),
    ...(both === still.size ? [] : [`${both} are in both and ${still.size} unknown after they were settled`]),
    ...(both === 0 ? [] : [`${both} are in both after they were settled`]),
  ]
}

async function unknownIds(folder: string): Promise<ReadonlySet<string>> {
  const { records } = await redrive(folder, ['jobs', 'unknown'])
  return new Set(records.flatMap(({ messageId }) => (typeof messageId === 'string' ? [messageId] : [])))
}

/** Confirmed, and their letter was not met again to be taken out. */
async function unmarkedIds(folder: string): Promise<ReadonlySet<string>> {
  const { records: jobs } = await redrive(folder, ['jobs', 'list', '--limit', '200'])
  const ids = new Set<string>()
  for (const { job } of jobs) {
    const { records } = await redrive(folder, ['jobs', 'show', String(job), '--all'])
    for (const { messageId, result, marked } of records)
      if (result === 'confirmed' && marked === false && typeof messageId === 'string') ids.add(messageId)
  }
  return ids
}

function queueWords({ deadLetters }: DeadLetterScene): string[] {
  return ['--broker', 'rabbit', '--queue', deadLetters, '--read']
}

/** Kills the process as soon as the queue holds `until` messages. */
async function redrive(
  folder: string,
  words: readonly string[],
  kill: { readonly scene: DeadLetterScene; readonly until: number | null } | null = null,
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [MAIN, ...words, '--json', '--workspace', 'redrive.json', '--data', 'data'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  let over = false
  const closed = new Promise<number | null>((done, failed) => {
    child.once('error', failed)
    child.once('close', done)
  }).finally(() => (over = true))
  while (kill !== null && kill.until !== null && !over) {
    if ((await kill.scene.depth(kill.scene.queue)) >= kill.until) child.kill('SIGKILL')
    await new Promise((resolve_) => setTimeout(resolve_, POLL_MS))
  }
  const code = await closed
  const lines = stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { code, killed: child.signalCode === 'SIGKILL', records }
}
