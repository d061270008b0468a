import { expect, test } from 'vitest'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { recordsKilled } from './dead-letters-kafka.ts'
import { isClean, table } from './score.ts'

useKafka()

const COUNT = 3_000

test('dead letters of Kafka, redriven with kill -9 on the way: none lost, none twice that was not reported unknown', async () => {
  const score = await recordsKilled(COUNT, kafkaNode())
  console.log(table([score]))
  expect(score).toMatchObject({ attempted: COUNT, lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 240_000)
