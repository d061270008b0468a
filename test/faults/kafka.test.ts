import { expect, test } from 'vitest'
import { kafkaNode, kafkaOwner, useKafka } from '../support/kafka-run.ts'
import { kafkaCut, kafkaRestarted } from './outages.ts'
import { isClean } from './score.ts'

useKafka()

const COUNT = 5_000

test('Kafka stopped and started in the middle of a job: nothing lost, nothing doubled but what is unknown', async () => {
  const score = await kafkaRestarted(COUNT, { node: kafkaNode(), owner: kafkaOwner(), signal: 'SIGTERM' })
  expect(score).toMatchObject({ attempted: COUNT, acknowledged: COUNT, lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 240_000)

test('the connection to Kafka is cut in the middle of a job, again and again', async () => {
  const score = await kafkaCut(COUNT, kafkaNode())
  expect(score).toMatchObject({ attempted: COUNT, acknowledged: COUNT, lost: 0, unexpected: 0, broken: [] })
  expect(isClean(score)).toBe(true)
}, 240_000)
