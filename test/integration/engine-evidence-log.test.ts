import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { LogEvidence } from '../../src-main/domain/workspace.ts'
import { produce } from '../support/kafka-dead-letters.ts'
import { kafkaNode, useKafka } from '../support/kafka-run.ts'
import { kafkaAddress, openKafkaTest } from '../support/kafka.ts'
import { addFailed, openScene, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

const never = new AbortController().signal
const DAY_SEC = 86_400
const TEST_TIMEOUT_MS = 60_000

useKafka()

/** The receiver says in a topic that it has consumed these. */
async function withTopic(
  context: TestContext,
  consumed: readonly string[],
  more: Partial<LogEvidence> = {},
): Promise<Scene & { readonly topic: string; readonly say: (ids: readonly string[]) => Promise<void> }> {
  const topic = await (await openKafkaTest(context)).topic()
  const say = (ids: readonly string[]): Promise<void> =>
    produce(
      kafkaNode(),
      topic,
      ids.map((key) => ({ key, value: 'consumed' })),
    )
  await say(consumed)
  const evidence = { broker: 'kafka', log: topic, messageId: 'key', retentionSec: DAY_SEC, ...more } as const
  const { brokers } = kafkaAddress(kafkaNode())
  return { ...(await openScene(context, { evidence, kafkaBeside: { brokers } })), topic, say }
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `message-${n + 1}`)

function planWith({ engine: { engine } }: Scene): Promise<Plan> {
  const selection = { kind: 'filter', filter: { trouble: 'failed' } } as const
  const request = { source: testSource, selection, edit: null, redirect: null, includeConsumed: null }
  return planResend(engine.ports, engine.connections, request, never)
}

test(
  '31 of 200 were consumed, as a topic of the receiver says: they are left out, and no other is lost',
  { timeout: TEST_TIMEOUT_MS },
  async (context) => {
    const scene = await withTopic(context, ids(31))
    await addFailed(scene, 200)
    const plan = await planWith(scene)
    expect(plan).toMatchObject({
      items: 169,
      skipped: { count: 31, byCode: { 'already-consumed': 31 } },
      evidence: { where: `${scene.topic} (kafka)`, consumed: 31, notSeen: 169, unknown: [], problem: null },
    })
    // What the receiver says meanwhile is in the next plan.
    await scene.say(['message-200'])
    const next = await planWith(scene)
    expect(next.items).toBe(168)
    await scene.engine.run(next)
    expect(await statuses(scene)).toEqual({ failed: 32, sent: 168 })
  },
)

test(
  'the broker is taken away and comes back under its name: evidence is asked of the one that is there',
  { timeout: TEST_TIMEOUT_MS },
  async (context) => {
    const scene = await withTopic(context, ids(2))
    await addFailed(scene, 5)
    expect(await planWith(scene)).toMatchObject({ items: 3 })
    await scene.engine.engine.connections.drop('broker', 'kafka')
    expect(await planWith(scene)).toMatchObject({ items: 3, evidence: { consumed: 2, notSeen: 3 } })
  },
)

test(
  'a topic that is not there is said plainly, and never taken for "not consumed"; nor is it said to notice duplicates',
  { timeout: TEST_TIMEOUT_MS },
  async (context) => {
    const scene = await withTopic(context, [], { log: 'redrive-no-such-topic' })
    await addFailed(scene, 5)
    const plan = await planWith(scene)
    expect(plan.evidence).toMatchObject({ notSeen: 0, unknown: [{ reason: 'unreachable', count: 5 }] })
    expect(plan.evidence?.problem).toContain('topic-missing')

    const there = await withTopic(context, ids(1))
    const report = await there.engine.engine.dedupe.check(testSource, never)
    expect(report).toMatchObject({ where: `${there.topic} (kafka)`, verdict: 'unknown' })
    expect(report.findings.map(({ state, says }) => `${state} ${says.say}`)).toEqual([
      'unknown dedupe.log',
      expect.stringContaining('dedupe.age'),
      'unknown dedupe.clocks-unknown',
    ])
  },
)
