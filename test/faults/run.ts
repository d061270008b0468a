/**
 * The long proofs on real services: `npm run faults`, or some of them with `--only a,b`; of the network's cases and those
 * of Redis the ones whose name contains `--case`. Prints one table in the words of
 * Jepsen's queue checker; ends with 1 unless nothing was lost, nothing unexpected, and no more doubled than unknown.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import { kafkaBus, rabbitBus } from './callback-buses.ts'
import { callbackKilled } from './callback.ts'
import { deadLettersKilled } from './dead-letters.ts'
import { recordsKilled } from './dead-letters-kafka.ts'
import { kafkaVersion } from '../support/kafka-jars.ts'
import { makeKafkaNode, stopKafkaNode } from '../support/kafka-node.ts'
import { killAtEveryPoint } from './kill-points.ts'
import { halfMessagesKilled } from './half-messages.ts'
import { jobsLeaveNothing } from './leaks.ts'
import { nameOf, networkGrid, runNetworkCases } from './network.ts'
import { brokerRestarted, kafkaCut, kafkaRestarted, sourceRestarted } from './outages.ts'
import { redisBehind, redisFailover, redisKilled } from './redis.ts'
import { isClean, sumOf, table } from './score.ts'
import type { Score } from './score.ts'
import { teamKilled } from './team.ts'
import { twoSweepersAndRelay } from './two-sweepers.ts'

const ROWS = 50_000
const ROWS_TIMEOUT_MS = 600_000
const JOB_MESSAGES = 20_000
const KAFKA_MESSAGES = 50_000
const KILLED_MESSAGES = 30
const KAFKA_DEAD_LETTERS = 10_000
const STAGED = 100_000
const HALF_MESSAGES = 10_000
const HALF_KILLS = 20
const LEAK_JOBS = 200
const TEAM = { count: 100_000, killEveryMs: 3_000, timeoutMs: 1_200_000 }
const CALLBACK = { count: 5_000, kills: 8, restarts: 3 }
/** Of each of five causes. */
const DEAD_LETTERS = 1_000
const DEAD_LETTER_GROUPS_KILLED = 3

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, case: { type: 'string', default: '' } },
})

const proofs: Readonly<Record<string, () => Promise<readonly Score[]>>> = {
  'two-sweepers': async () => [await twoSweepersAndRelay(ROWS, ROWS_TIMEOUT_MS)],
  'half-messages': async () => [
    await halfMessagesKilled(HALF_MESSAGES, HALF_KILLS),
    await halfMessagesKilled(HALF_MESSAGES, HALF_KILLS, 'mysql'),
  ],
  outages: async () => [
    await brokerRestarted(JOB_MESSAGES),
    await sourceRestarted(JOB_MESSAGES, 'fast'),
    await sourceRestarted(JOB_MESSAGES, 'immediate'),
  ],
  kafka,
  'dead-letters': async () => [await deadLettersKilled(DEAD_LETTERS, DEAD_LETTER_GROUPS_KILLED)],
  'kafka-dead-letters': kafkaDeadLetters,
  callback,
  leaks: async () => [(await jobsLeaveNothing(LEAK_JOBS)).score],
  network: () => network('postgres'),
  'network-mysql': () => network('mysql'),
  killed: () => killed('postgres'),
  'killed-mysql': () => killed('mysql'),
  redis,
  team: async () => [await teamKilled(TEAM.count, TEAM)],
}

async function killed(driver: SourceDriver): Promise<readonly Score[]> {
  const options = { count: KILLED_MESSAGES, driver }
  return [
    (await killAtEveryPoint('sweep', options)).score,
    (await killAtEveryPoint('careful resend', options)).score,
  ]
}

/** On a node of its own, which is stopped, killed and cut off. */
async function kafka(): Promise<readonly Score[]> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-kafka-'))
  const node = await makeKafkaNode(join(folder, 'node'), kafkaVersion, process.pid)
  try {
    const outage = { node, owner: process.pid }
    return [
      await kafkaRestarted(KAFKA_MESSAGES, { ...outage, signal: 'SIGTERM' }),
      await kafkaRestarted(KAFKA_MESSAGES, { ...outage, signal: 'SIGKILL' }),
      await kafkaCut(KAFKA_MESSAGES, node),
    ]
  } finally {
    await stopKafkaNode(node)
    await rm(folder, { recursive: true, force: true })
  }
}

/** One by one: each has servers of its own. */
async function redis(): Promise<readonly Score[]> {
  const cases = { failover: redisFailover, behind: redisBehind, killed: redisKilled }
  const scores: Score[] = []
  for (const [name, proof] of Object.entries(cases))
    if (name.includes(options.case)) scores.push(await proof(STAGED))
  return scores
}

async function callback(): Promise<readonly Score[]> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-kafka-'))
  const node = await makeKafkaNode(join(folder, 'node'), kafkaVersion, process.pid)
  try {
    const onKafka = await callbackKilled(await kafkaBus(node, process.pid), CALLBACK)
    return [await callbackKilled(await rabbitBus(), CALLBACK), onKafka]
  } finally {
    await stopKafkaNode(node)
    await rm(folder, { recursive: true, force: true })
  }
}

async function kafkaDeadLetters(): Promise<readonly Score[]> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-kafka-'))
  const node = await makeKafkaNode(join(folder, 'node'), kafkaVersion, process.pid)
  try {
    return [await recordsKilled(KAFKA_DEAD_LETTERS, node)]
  } finally {
    await stopKafkaNode(node)
    await rm(folder, { recursive: true, force: true })
  }
}

/** The grid, told by what broke; the single cases as they come. */
async function network(driver: SourceDriver): Promise<readonly Score[]> {
  const cases = networkGrid(driver).filter((one) => nameOf(one).includes(options.case))
  const scores = await runNetworkCases(cases, (score) => console.log(table([score]).split('\n')[1]))
  const groups = Map.groupBy(scores, ({ scenario }) => scenario.replace(/ (after|at|\d+) .*$/, ''))
  return [...groups].map(([name, of]) => sumOf(`${name} (${of.length})`, of))
}

async function main(): Promise<number> {
  const { only: wanted } = options
  const names = wanted === undefined ? Object.keys(proofs) : wanted.split(',')
  const scores: Score[] = []
  for (const name of names) {
    const proof = proofs[name]
    if (proof === undefined) {
      console.error(`there is no proof ${name}; there are: ${Object.keys(proofs).join(', ')}`)
      return 2
    }
    const startMs = Date.now()
    const found = await proof()
    scores.push(...found)
    console.log(`# ${name}, ${((Date.now() - startMs) / 1_000).toFixed(0)} s\n${table(found)}\n`)
  }
  console.log(table([...scores, sumOf('all', scores)]))
  return scores.every(isClean) ? 0 : 1
}

process.exitCode = await main()
