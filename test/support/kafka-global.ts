import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { stopKafkaNode } from './kafka-node.ts'
import type { KafkaNode } from './kafka-node.ts'

/** Nothing is started here: most runs need no Kafka. The first test that does starts it; it ends with the run. */
export function setup(): () => Promise<void> {
  const folder = resolve(import.meta.dirname, `../../.cache/kafka/run-${process.pid}`)
  process.env['REDRIVE_TEST_KAFKA_RUN'] = folder
  return async () => {
    const file = join(folder, 'node.json')
    if (existsSync(file))
      await stopKafkaNode(JSON.parse(await readFile(file, 'utf8')) as KafkaNode, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}
