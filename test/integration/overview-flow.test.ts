import { expect, test } from 'vitest'
import { readNewCauses } from '../../src-main/app/watch/causes.ts'
import { readFlow } from '../../src-main/app/watch/flow.ts'
import { FLOW_WINDOW_SEC } from '../../src-main/domain/flow.ts'
import { addRows } from '../support/postgres.ts'
import { openScene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

test('how fast messages come in is read from the newest rows alone, and says what became of them', async (context) => {
  const scene = await openScene(context)
  const { ports, connections } = scene.engine.engine
  const flow = () => readFlow({ connections, clock: ports.clock }, testSource, AbortSignal.timeout(20_000))
  expect(await flow()).toMatchObject({ overSec: FLOW_WINDOW_SEC, came: 0, sent: 0, sentLeave: false })

  const old = new Date(Date.now() - 7_200_000).toISOString()
  await addRows(scene.database, [
    { status: 'failed', attempts: 3, created_at: old },
    { status: 'sent', attempts: 1 },
    { status: 'sent', attempts: 1 },
    { status: 'pending', attempts: 0 },
    { status: 'failed', attempts: 3 },
  ])
  expect(await flow()).toMatchObject({ came: 4, sent: 2, untried: 1, tried: 0, usedUp: 1 })

  // Far more than are read: the time that they span is told with them.
  await scene.database.sql(
    `insert into outbox_message (message_id, exchange, routing_key, type, payload, status, attempts, created_at)
     select 'bulk-' || i, '', 'q', 'T', '{}', 'sent', 1, now() - interval '1 second' * (60.0 * (5000 - i) / 5000) from generate_series(1, 5000) i`,
  )
  const fast = await flow()
  expect(fast).toMatchObject({ came: 200, sent: 200 })
  expect(fast?.overSec).toBeLessThan(60)
})

test('a cause of failure is new since yesterday where nothing older failed of it', async (context) => {
  const scene = await openScene(context)
  const { ports, connections } = scene.engine.engine
  const failed = (last_error: string, ageHours: number) => ({
    ...{ status: 'failed' as const, attempts: 3, last_error },
    created_at: new Date(Date.now() - ageHours * 3_600_000).toISOString(),
  })
  await addRows(scene.database, [
    failed('order 17 not found', 3),
    failed('order 18 not found', 2),
    failed('connection reset by peer', 1),
    failed('connection reset by peer', 50),
  ])
  const found = await readNewCauses(
    { connections, clock: ports.clock },
    testSource,
    AbortSignal.timeout(20_000),
  )
  expect(found).toMatchObject({ causes: [{ cause: 'order <n> not found', count: 2 }], complete: true })
})
