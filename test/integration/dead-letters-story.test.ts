import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { expect, test } from 'vitest'
import { createRouter } from '../../src-main/api/router.ts'
import type { Look } from '../../src-preload/contract/dead-letters.ts'
import type { SessionStatus } from '../../src-preload/contract/session.ts'
import { testDatabase } from '../support/postgres.ts'
import { addFailed, openScene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

const info = {
  version: '0.0.0-test',
  host: 'http',
  sandbox: false,
  keepsPasswords: false,
  lookOnly: null,
} as const

test('a letter is joined with its row, what the receiver consumed and what jobs did; looks say what is new', async (context) => {
  const receiver = await testDatabase({ empty: true })
  await receiver.sql('create table inbox (message_id text primary key, processed_at timestamptz not null)')
  await receiver.sql(`insert into inbox values ('message-1', now() - interval '1 minute')`)
  const columns = { table: 'public.inbox', messageId: 'message_id', processedAt: 'processed_at' } as const
  const scene = await openScene(context, {
    evidence: { ...columns, url: receiver.url, retentionSec: 86_400 },
  })
  await addFailed(scene, 3)
  const { rabbit, queue } = scene
  const letters = await rabbit.queue()
  const die = async (n: number): Promise<void> => {
    const before = await rabbit.count(letters)
    const headers = { 'x-original-exchange': '', 'x-original-routingKey': queue, 'x-exception-message': 'no' }
    rabbit.channel.sendToQueue(letters, Buffer.from('{}'), { messageId: `message-${n}`, headers })
    await expect.poll(() => rabbit.count(letters)).toBe(before + 1)
  }
  const client = createRouterClient(createRouter(scene.engine.engine, info), calling())
  const status = async (): Promise<SessionStatus['deadLetters']> => {
    for await (const { deadLetters } of await client.session.watch({})) return deadLetters
    throw new Error('the session ended')
  }
  const look = async (): Promise<Look> => {
    const { broker } = (await scene.engine.engine.connections.source(testSource)).deliver ?? { broker: '' }
    const { facts } = await client.deadLetters.queue({ broker, queue: letters })
    return client.deadLetters.look({ broker, queue: letters, limit: 100, costs: facts?.costs ?? [] })
  }
  const detail = async ({ look: id }: Look, messageId: string) => {
    const { letters: all } = await client.deadLetters.letters({ look: id, causes: null, from: 0, limit: 100 })
    const found = all.find((letter) => letter.messageId === messageId)
    if (found === undefined) throw new Error(`the look did not find ${messageId}`)
    return client.deadLetters.letter({ look: id, id: found.id })
  }

  await die(1)
  await die(2)
  expect(await status()).toBeNull()
  const first = await look()
  expect(first).toMatchObject({ before: null, messages: 2, groups: [{ count: 2, fresh: null }] })
  expect(await status()).toEqual({ count: 2, oldestLookAt: first.at })

  const row = { source: testSource, state: 'failed', attempts: 3 }
  const one = await detail(first, 'message-1')
  expect(one).toMatchObject({ stored: [{ ...row, evidence: { verdict: 'consumed', times: 1 } }], deeds: [] })
  const two = await detail(first, 'message-2')
  expect(two.stored).toMatchObject([{ ...row, evidence: { verdict: 'not-seen-within-retention' } }])

  await die(3)
  const second = await look()
  expect(second).toMatchObject({ before: first.at, messages: 3, groups: [{ count: 3, fresh: 1 }] })

  const selection = { kind: 'ids' as const, ids: [two.id] }
  const to = { kind: 'origin' as const }
  const request = { look: second.look, selection, to, heldAfter: 3, again: null }
  const planned = await client.deadLetters.planRedrive(request)
  await client.connections.unlock({
    source: planned.source,
    minutes: 5,
    typedName: planned.source,
    reason: 'a test',
  })
  const options = { typedCount: planned.items, rate: null, ramp: false, brake: null }
  const { job } = await client.jobs.run({ plan: planned.plan, digest: planned.digest, ...options })
  await scene.engine.ended(job)
  expect((await detail(second, 'message-2')).deeds).toMatchObject([{ subject: job, result: 'confirmed' }])
  expect(await rabbit.count(queue)).toBe(1)
})
