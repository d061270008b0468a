import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { springHeaders, produce } from '../support/kafka-dead-letters.ts'
import { kafkaAddress, openKafkaTopics } from '../support/kafka.ts'
import type { KafkaNode } from '../support/kafka-node.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'

const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')
/** Slow enough that a kill meets records in every state. */
const RATE = 1_000
const RUNS_MAX = 10
/** Records that are stored in one go; headers and all, they must fit into a request. */
const BATCH = 500
const POLL_MS = 5
const KILL_AT = [0.1, 0.5, 0.9]

/**
 * A topic of dead letters is redriven by the command line, which is killed with kill -9 on the way and started again until
 * it is done. Then each record is in its origin or was reported unknown, and what is there twice was reported unknown.
 */
export async function recordsKilled(count: number, node: KafkaNode): Promise<Score> {
  const { test, close } = await openKafkaTopics(node)
  const folder = await mkdtemp(join(tmpdir(), 'redrive-records-'))
  let deleting = false
  try {
    const [origin, letters] = [await test.topic(3), await test.topic(2)]
    const ids = Array.from({ length: count }, (_, n) => `m-${n}`)
    const batch = ids.map((id, n) => ({
      key: `k-${n % 50}`,
      value: id,
      headers: { 'x-message-id': id, ...springHeaders(origin, n, `Order ${n} not found`) },
    }))
    await produce(node, letters, batch, 'none', BATCH)
    const kafka = { driver: 'kafka', ...kafkaAddress(node), deadLetters: [{ topic: letters }] }
    await writeFile(join(folder, 'redrive.json'), JSON.stringify({ brokers: { kafka } }))
    const arrived = async (): Promise<number> =>
      (await test.admin.fetchTopicOffsets(origin)).reduce((sum, { high }) => sum + Number(high), 0)

    const place = ['--broker', 'kafka', '--queue', letters]
    const [planned] = await redrive(folder, [
      'deadletters',
      'plan',
      ...place,
      '--all',
      '--out',
      'plan.ndjson',
    ])
    const digest = String(planned?.['digest'])
    const run = ['run', 'plan.ndjson', '--confirm', digest, '--count', String(count), '--rate', String(RATE)]
    const broken = await runUntilDone(folder, run, { count, arrived })
    const unknown = new Set(
      (await redrive(folder, ['jobs', 'unknown'])).map(({ messageId }) => String(messageId)),
    )
    const delivered = (await test.read(origin)).map(({ value }) => String(value))
    const there = new Set(delivered)
    const twice = delivered.filter((id, index) => delivered.indexOf(id) !== index)
    if (ids.some((id) => !there.has(id) && !unknown.has(id))) broken.push('neither redriven nor unknown')
    if (twice.some((id) => !unknown.has(id)))
      broken.push('a record is there twice and was not reported unknown')
    console.log(`  records: ${there.size} redriven, ${twice.length} twice, ${unknown.size} reported unknown`)
    const acknowledged = ids.filter((id) => !unknown.has(id))
    deleting = true
    return scoreOf(`${count} records of Kafka, ${KILL_AT.length} kills`, {
      attempted: ids,
      acknowledged,
      delivered,
      unknown: unknown.size,
      broken,
    })
  } finally {
    await close(deleting)
    await rm(folder, { recursive: true, force: true })
  }
}

async function runUntilDone(
  folder: string,
  run: readonly string[],
  { count, arrived }: { readonly count: number; readonly arrived: () => Promise<number> },
): Promise<string[]> {
  let killed = 0
  for (let attempt = 0; attempt < RUNS_MAX; attempt += 1) {
    const share = KILL_AT[attempt]
    const until = share === undefined ? null : async () => (await arrived()) >= count * share
    const records = await redrive(folder, run, until)
    if (records.some(({ type }) => type === 'summary')) {
      return killed < KILL_AT.length ? [`only ${killed} of ${KILL_AT.length} kills met it at work`] : []
    }
    killed += 1
  }
  return ['it never got through']
}

/** Kills the process as soon as `until` says so. */
async function redrive(
  folder: string,
  words: readonly string[],
  until: (() => Promise<boolean>) | null = null,
): Promise<readonly Record<string, unknown>[]> {
  const child = spawn(
    process.execPath,
    [MAIN, ...words, '--json', '--workspace', 'redrive.json', '--data', 'data'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  let over = false
  const closed = new Promise<void>((done, failed) => {
    child.once('error', failed)
    child.once('close', () => done())
  }).finally(() => (over = true))
  while (until !== null && !over) {
    if (await until()) child.kill('SIGKILL')
    await new Promise((resume) => setTimeout(resume, POLL_MS))
  }
  await closed
  const lines = stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}
