import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { LogEvidence } from '../../src-main/domain/workspace.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { addFailed, openScene, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

const never = new AbortController().signal
const DAY_SEC = 86_400
const STREAM = { 'x-queue-type': 'stream' }
const TEST_TIMEOUT_MS = 60_000

/** The receiver says in a stream that it has consumed these. */
async function withStream(
  context: TestContext,
  consumed: readonly string[],
  more: Partial<LogEvidence> = {},
): Promise<Scene & { readonly stream: string; readonly say: (ids: readonly string[]) => Promise<void> }> {
  const names = await openRabbitTest(context)
  const stream = await names.queue(STREAM)
  const say = async (ids: readonly string[]): Promise<void> => {
    for (const messageId of ids) names.channel.sendToQueue(stream, Buffer.from('consumed'), { messageId })
    // Answered after everything that went before it on this channel.
    await names.channel.checkQueue(stream)
  }
  await say(consumed)
  const evidence = { broker: 'rabbit', log: stream, retentionSec: DAY_SEC, ...more }
  return { ...(await openScene(context, { evidence })), stream, say }
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `message-${n + 1}`)

function planWith({ engine: { engine } }: Scene): Promise<Plan> {
  const selection = { kind: 'filter', filter: { trouble: 'failed' } } as const
  const request = { source: testSource, selection, edit: null, redirect: null, includeConsumed: null }
  return planResend(engine.ports, engine.connections, request, never)
}

test(
  '31 of 200 were consumed, as a stream of the receiver says: they are left out, and no other is lost',
  { timeout: TEST_TIMEOUT_MS },
  async (context) => {
    const scene = await withStream(context, ids(31))
    await addFailed(scene, 200)
    const plan = await planWith(scene)
    expect(plan).toMatchObject({
      items: 169,
      skipped: { count: 31, byCode: { 'already-consumed': 31 } },
      evidence: { where: `${scene.stream} (rabbit)`, consumed: 31, notSeen: 169, unknown: [], problem: null },
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
    const scene = await withStream(context, ids(2))
    await addFailed(scene, 5)
    expect(await planWith(scene)).toMatchObject({ items: 3 })
    await scene.engine.engine.connections.drop('broker', 'rabbit')
    expect(await planWith(scene)).toMatchObject({ items: 3, evidence: { consumed: 2, notSeen: 3 } })
  },
)

test(
  'a stream that is not there is said plainly, and never taken for "not consumed"; nor is it said to notice duplicates',
  { timeout: TEST_TIMEOUT_MS },
  async (context) => {
    const scene = await withStream(context, [], { log: 'redrive-no-such-stream' })
    await addFailed(scene, 5)
    const plan = await planWith(scene)
    expect(plan.evidence).toMatchObject({ notSeen: 0, unknown: [{ reason: 'unreachable', count: 5 }] })
    expect(plan.evidence?.problem).toContain('topic-missing')

    const there = await withStream(context, ids(1))
    const report = await there.engine.engine.dedupe.check(testSource, never)
    expect(report).toMatchObject({ where: `${there.stream} (rabbit)`, verdict: 'unknown' })
    expect(report.findings.map(({ state, says }) => `${state} ${says.say}`)).toEqual([
      'unknown dedupe.log',
      expect.stringContaining('dedupe.age'),
      'unknown dedupe.clocks-unknown',
    ])
  },
)
