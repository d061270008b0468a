import { existsSync } from 'node:fs'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { kafkaVersion } from './kafka-jars.ts'
import { isRunning, makeKafkaNode, startKafkaNode } from './kafka-node.ts'
import type { KafkaNode } from './kafka-node.ts'

/** Another file may be at work with the node, and this one waits. */
const TURN_TIMEOUT_MS = 480_000
const POLL_MS = 100

let mine: KafkaNode | null = null

/** The node of this test run, which this file has for itself: it may stop and start it. */
export function kafkaNode(): KafkaNode {
  if (mine === null) throw new Error('this test file has not said useKafka()')
  return mine
}

/** Process that the node ends with. */
export function kafkaOwner(): number {
  return Number(basename(runFolder()).replace('run-', ''))
}

/** Called once at the top of a test file that needs Kafka: one file at a time has the one node of the run. */
export function useKafka(): void {
  let turn = ''
  beforeAll(async () => {
    turn = await myTurn(runFolder())
    mine = await started(runFolder())
  }, TURN_TIMEOUT_MS)
  afterAll(async () => {
    mine = null
    await rmdir(turn)
  })
}

function runFolder(): string {
  const folder = process.env['REDRIVE_TEST_KAFKA_RUN']
  if (folder === undefined) throw new Error('the global setup of vitest has not run')
  return folder
}

async function myTurn(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const turn = join(folder, 'turn')
  while (
    !(await mkdir(turn).then(
      () => true,
      () => false,
    ))
  )
    await sleep(POLL_MS)
  return turn
}

async function started(folder: string): Promise<KafkaNode> {
  const file = join(folder, 'node.json')
  if (!existsSync(file)) {
    const made = await makeKafkaNode(join(folder, 'node'), kafkaVersion, kafkaOwner())
    await writeFile(file, JSON.stringify(made))
    return made
  }
  const node = JSON.parse(await readFile(file, 'utf8')) as KafkaNode
  if (!(await isRunning(node))) await startKafkaNode(node, kafkaOwner())
  return node
}
