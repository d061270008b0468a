import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import type { Json } from '../../src-main/domain/digest.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { JournalAction } from '../../src-main/domain/journal.ts'
import type { SweepRun } from '../../src-main/domain/sweep.ts'
import type { DueRow } from '../../src-main/ports/due.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import { inFront } from '../support/outbox-drivers.ts'
import { openScene, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

const MESSAGES = 25

type ClaimDue = Outbox['claimDue']

/** Messages that wait for a sweep, and an engine whose claims of due rows go through `claimDue`. */
async function openDue(
  context: TestContext,
  change: (real: ClaimDue) => ClaimDue = (real) => real,
): Promise<Scene> {
  const scene = await openScene(context, {
    wrap: (ports) => ({
      ...ports,
      drivers: {
        ...ports.drivers,
        outbox: inFront(ports.drivers.outbox, (outbox) => {
          const real: ClaimDue = (request, token, stop) => outbox.claimDue(request, token, stop)
          return { ...outbox, claimDue: change(real) }
        }),
      },
    }),
  })
  await scene.database.sql(
    `insert into outbox_message (message_id, exchange, routing_key, type, payload, headers, status, attempts, created_at, updated_at)
     select 'message-' || i, '', $1, 'OrderPaid', jsonb_build_object('order', i), '{}', 'pending', 0,
       now() - interval '1 hour', now() - interval '1 hour' from generate_series(1, $2::int) i`,
    [scene.queue, MESSAGES],
  )
  return scene
}

async function sweep(scene: Scene): Promise<SweepRun> {
  const { engine } = scene.engine
  await scene.engine.unlock()
  const { run } = await engine.sweeps.runNow(testSource)
  return expect
    .poll(() => engine.sweeps.run(run), { timeout: 20_000 })
    .not.toMatchObject({ state: 'running' })
    .then(() => engine.sweeps.run(run))
}

async function inQueue({ rabbit, queue }: Scene): Promise<readonly string[]> {
  return (await rabbit.drain(queue)).map(({ messageId }) => messageId).sort()
}

/** Of the journal's entries of an action, the newest first. */
async function details({ engine }: Scene, action: JournalAction): Promise<readonly Json[]> {
  const entries = await engine.store.journal.list({ order: 'newest', cursor: null, limit: 100 })
  return entries.filter((entry) => entry.action === action).map(({ detail }) => detail)
}

const everyMessage = Array.from({ length: MESSAGES }, (_, index) => `message-${index + 1}`).sort()
const answerLost = new RedriveError('connection-lost', 'unknown-effect', { reason: 'planted' })

test('a sweep of due messages does not fail with job-not-found: it sends each of them once', async (context) => {
  const scene = await openDue(context)
  expect(await sweep(scene)).toMatchObject({
    state: 'done',
    trouble: null,
    outcome: { claimed: MESSAGES, confirmed: MESSAGES, interruption: null },
  })
  expect(await statuses(scene)).toEqual({ sent: MESSAGES })
  expect(await inQueue(scene)).toEqual(everyMessage)
})

test('a claim whose answer was lost does not take the rows of the next claim: nothing is sent twice', async (context) => {
  let lost = 0
  const scene = await openDue(
    context,
    (real) =>
      async (request, token, signal): Promise<readonly DueRow[]> => {
        const rows = await real(request, token, signal)
        if (request.repeat || ++lost > 1) return rows
        throw answerLost
      },
  )
  expect(await sweep(scene)).toMatchObject({ state: 'done', outcome: { confirmed: MESSAGES } })
  expect(await statuses(scene)).toEqual({ sent: MESSAGES })
  expect(await inQueue(scene)).toEqual(everyMessage)
})

test('rows that a failed sweep claimed unheard do not stay claimed: the next sweep gives them back', async (context) => {
  let away = true
  const scene = await openDue(context, (real) => async (request, token, signal) => {
    const rows = await real(request, token, signal)
    if (away) throw answerLost
    return rows
  })
  expect(await sweep(scene)).toMatchObject({ state: 'failed', trouble: { code: 'connection-lost' } })
  expect(await statuses(scene)).toHaveProperty('sending')
  away = false
  expect(await sweep(scene)).toMatchObject({ state: 'done' })
  expect(await statuses(scene)).not.toHaveProperty('sending')
  const token = await scene.database.sql(
    `select count(*) as n from outbox_message where last_error like 'Redrive %claimed%'`,
  )
  expect(Number(token[0]?.['n'])).toBe(0)
})

test('a source that fails over and forgets marks does not make a sweep send twice: the rows are marked again', async (context) => {
  const scene = await openDue(context)
  const first = await sweep(scene)
  const ids = (await scene.database.sql('select id from outbox_message order by id limit 10')).map(
    (row) => row['id'] ?? '',
  )
  // As the copy that took over has them: claimed by that sweep, which counted the attempt, and not marked.
  await scene.database.sql(
    `update outbox_message set status = 'sending', last_error = $1 where id = any ($2::bigint[])`,
    [claimTokenOf(first.run), `{${ids.join(',')}}`],
  )
  expect(await statuses(scene)).toEqual({ sent: MESSAGES - 10, sending: 10 })
  expect(await sweep(scene)).toMatchObject({ state: 'done', outcome: { job: null, claimed: 0 } })
  expect(await statuses(scene)).toEqual({ sent: MESSAGES })
  expect(await inQueue(scene)).toEqual(everyMessage)
  expect(await details(scene, 'job-recovered')).toEqual([{ forgotten: ids }])
})

test('a message that is due again although it was confirmed is sent, and the journal says that it was confirmed before', async (context) => {
  const scene = await openDue(context)
  await sweep(scene)
  await scene.database.sql(
    `update outbox_message set status = 'pending', updated_at = now() - interval '1 hour' where message_id = 'message-7'`,
  )
  expect(await sweep(scene)).toMatchObject({ state: 'done', outcome: { claimed: 1, confirmed: 1 } })
  expect(await inQueue(scene)).toEqual([...everyMessage, 'message-7'].sort())
  const [again, first] = await details(scene, 'job-claiming')
  expect(again).toHaveProperty('confirmedBefore')
  expect(first).not.toHaveProperty('confirmedBefore')
})
