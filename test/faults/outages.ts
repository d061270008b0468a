import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgresCluster } from '../support/postgres-cluster.ts'
import { startKafkaNode, stopKafkaNode } from '../support/kafka-node.ts'
import type { KafkaNode } from '../support/kafka-node.ts'
import { startRabbitNode } from '../support/rabbitmq-node.ts'
import { quickSweep } from '../support/sweep-samples.ts'
import type { TestEngine, TestEngineOptions } from '../support/test-engine.ts'
import { testSource } from '../support/test-engine.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import type { Score } from './score.ts'
import { openTopic } from './sink.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { conclude, resend, resendAt } from './work.ts'
import type { Work } from './work.ts'

const BATCH = 500
const CONFIRM_TIMEOUT_MS = 5_000
/** The job has to come back by itself within this. */
const AWAY_MS = 120_000
const POLL_MS = 10
const CUTS = 6
const STARTS_MS_MAX = 30_000
/** A server that is asked to stop goes on for some seconds: a job of some thousands would be over before. */
const PACED_SEC = 12

/** A server that the middle of a job takes away and gives back. */
interface Outage {
  stop(): Promise<void>
  start(): Promise<void>
}

/** RabbitMQ is stopped in the middle of a job and started again; the job has to survive by itself. */
export async function brokerRestarted(count: number): Promise<Score> {
  const node = await startRabbitNode()
  try {
    const stage = await openStage({ brokerPort: node.port })
    try {
      return await through(`RabbitMQ restarted in a job of ${count}`, { stage, count, outage: node })
    } finally {
      await stage.close()
    }
  } finally {
    await node.close()
  }
}

/** Kafka is stopped, or killed, in the middle of a job and started again. Which node is the caller's to say. */
export async function kafkaRestarted(
  count: number,
  { node, owner, signal }: { node: KafkaNode; owner: number; signal: 'SIGTERM' | 'SIGKILL' },
): Promise<Score> {
  const stage = await openStage({ sink: await openTopic(node) })
  const outage = { stop: () => stopKafkaNode(node, signal), start: () => startKafkaNode(node, owner) }
  try {
    const how = signal === 'SIGTERM' ? 'restarted' : 'crashed'
    const work = resendAt(count / PACED_SEC)
    return await through(`Kafka ${how} in a job of ${count}`, { stage, count, outage, work })
  } finally {
    await stage.close()
  }
}

/** The connection to Kafka is cut at random bytes of a job, again and again. */
export async function kafkaCut(count: number, node: KafkaNode): Promise<Score> {
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: node.ports.plain })
  const stage = await openStage({ sink: await openTopic(node, proxy.port) })
  try {
    await resend.prepare(stage, count)
    const engine = await stage.engine({
      batch: BATCH,
      confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
      awayMsMax: AWAY_MS,
    })
    const start = await resend.ready(engine)
    let cuts = 0
    const next = (): void => {
      cuts += 1
      if (cuts < CUTS) proxy.cutAfter(cuts % 2 === 0 ? 'up' : 'down', cuts % 2 === 0 ? 60_000 : 700, next)
    }
    proxy.cutAfter('up', 30_000, next)
    await start()
    const broken = [...(await resend.finish(stage, engine))]
    if (cuts < 2) broken.push(`the connection was cut ${cuts} times only`)
    proxy.cutAfter('up', Number.MAX_SAFE_INTEGER)
    proxy.cutAfter('down', Number.MAX_SAFE_INTEGER)
    broken.push(...(await comeBack(engine)))
    const ending = { stage, engine, work: resend, broken }
    return await conclude(`Kafka cut ${CUTS} times in a job of ${count}`, ending, 'by-looking')
  } finally {
    await stage.close()
    await proxy.close()
  }
}

/** PostgreSQL is restarted in the middle of a job: shut down, or crashed. */
export async function sourceRestarted(count: number, mode: 'fast' | 'immediate'): Promise<Score> {
  const cluster = await startPostgresCluster()
  try {
    const { database, password } = cluster
    const stage = await openStage({ database })
    const outage = { stop: () => cluster.stop(mode), start: () => cluster.start() }
    const name = `PostgreSQL ${mode === 'fast' ? 'restarted' : 'crashed'} in a job of ${count}`
    try {
      const more = { databasePassword: password }
      return await through(name, { stage, count, outage, more })
    } finally {
      await stage.close()
    }
  } finally {
    await cluster.close()
  }
}

async function through(
  scenario: string,
  {
    stage,
    count,
    outage,
    work = resend,
    more = {},
  }: {
    readonly stage: Stage
    readonly count: number
    readonly outage: Outage
    readonly work?: Work
    readonly more?: Partial<TestEngineOptions>
  },
): Promise<Score> {
  await work.prepare(stage, count)
  const engine = await stage.engine({
    batch: BATCH,
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    awayMsMax: AWAY_MS,
    sweep: quickSweep,
    ...more,
  })
  const start = await work.ready(engine)
  await start()
  const broken: string[] = []
  const hold = (what: string, holds: boolean): void => void (holds || broken.push(what))
  await until(async () => (await work.progress(engine)) >= count / 4)
  await outage.stop()
  const [job] = await engine.store.jobReader.jobs({ source: testSource, before: null, limit: 1 })
  hold('the job was over before the outage', (job?.ended ?? count) < count)
  await until(async () => (engine.engine.jobs.status(job?.job ?? '')?.waiting ?? null) !== null)
  await outage.start()
  const ended = await engine.ended(job?.job ?? '')
  hold(
    `the job did not survive by itself: ${ended.state} ${ended.interruption?.code ?? ''}`,
    ended.state === 'done',
  )
  broken.push(...(await comeBack(engine)))
  return conclude(scenario, { stage, engine, work, broken }, 'by-looking')
}

/** The connections of looking and of publishing come back each in its own time. */
async function comeBack({ engine }: TestEngine): Promise<readonly string[]> {
  for (let waitedMs = 0; waitedMs < STARTS_MS_MAX; waitedMs += 200) {
    const { broker } = await engine.connections.brokerOf(testSource)
    if (broker.state().state === 'connected') return []
    await sleep(200)
  }
  return ['the broker did not come back']
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < STARTS_MS_MAX; waitedMs += POLL_MS) {
    if (await holds()) return
    await sleep(POLL_MS)
  }
  throw new Error('waited in vain for the middle of the job')
}
