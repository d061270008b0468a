import { expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { comparePlaces } from '../../src-main/app/audit/places.ts'
import type { PlacesReport } from '../../src-main/app/audit/places.ts'
import { testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openScene } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

const never = new AbortController().signal

/** Two chains of twenty, all sent and consumed in order; and where the receiver stands. */
async function wellScene(context: TestContext): Promise<{ scene: Scene; receiver: TestDatabase }> {
  const receiver = await testDatabase({ empty: true })
  await receiver.sql(
    `create table inbox (message_id text not null, at timestamptz not null);
     create index on inbox (message_id);
     create table receiver_position (chain_key text primary key, last_id bigint);
     insert into inbox select 'm-' || i, now() - interval '30 minutes' + make_interval(secs => i) from generate_series(1, 40) i;
     insert into receiver_position values ('O-0', 40), ('O-1', 39)`,
  )
  const scene = await openScene(context, {
    evidence: {
      url: receiver.url,
      table: 'public.inbox',
      messageId: 'message_id',
      processedAt: 'at',
      retentionSec: null,
      positions: { table: 'receiver_position', chain: 'chain_key', position: 'last_id' },
    },
  })
  await scene.database.sql(
    `insert into outbox_message (chain_key, prev_id, message_id, payload, status, attempts, created_at, updated_at)
     select 'O-' || i % 2, case when i > 2 then i - 2 end, 'm-' || i, '{}', 'sent', 1, now() - interval '1 hour', now() - interval '1 hour'
     from generate_series(1, 40) i`,
  )
  return { scene, receiver }
}

function compare({ engine: { engine } }: Scene, chains: readonly string[] | null): Promise<PlacesReport> {
  return comparePlaces(engine, { source: testSource, chains }, () => undefined, never)
}

const short = ({ findings }: PlacesReport) =>
  findings.map(({ kind, id, messageId, passed }) => `${kind} ${id ?? messageId} ${passed}`).toSorted()

test('stored, sent and consumed in order is intact, and says where the receiver stands', async (context) => {
  const { scene } = await wellScene(context)
  expect(await compare(scene, null)).toMatchObject({
    verdict: 'intact',
    stored: 40,
    sent: 40,
    consumed: 40,
    findings: [],
    remarks: [],
  })
  expect((await compare(scene, ['O-1'])).positions).toEqual([{ chain: 'O-1', position: '39' }])
})

test('each kind of difference is found where it was planted, and no other', async (context) => {
  const { scene, receiver } = await wellScene(context)
  await scene.database.sql(
    `update outbox_message set status = 'failed' where id = 3;
     update outbox_message set status = 'pending', attempts = 0 where id = 5;
     update outbox_message set status = 'pending', updated_at = now() where id = 40`,
  )
  await receiver.sql(
    `delete from inbox where message_id in ('m-3', 'm-8', 'm-40');
     insert into inbox select 'm-12', now() - interval '1 minute';
     update inbox set at = at - interval '10 minutes' where message_id = 'm-21';
     insert into inbox values ('m-99', now())`,
  )
  const report = await compare(scene, null)
  expect(short(report)).toEqual([
    'consumed-out-of-order 21 true',
    'consumed-twice 12 true',
    'consumed-unknown-to-sender 5 true',
    'consumed-unknown-to-sender m-99 null',
    'never-sent 3 true',
    'sent-not-consumed 8 true',
  ])
  expect(report).toMatchObject({ verdict: 'broken', stored: 40, consumed: 37, onTheWay: 1 })
  // Of one chain alone: proofs name no chain, so strangers are not looked for, and that is said.
  const one = await compare(scene, ['O-0'])
  expect(short(one)).toEqual(['consumed-twice 12 true', 'sent-not-consumed 8 true'])
  expect(one.remarks).toHaveLength(1)
})

test('what cannot be told is incomplete, never intact; a receiver that is away is an error', async (context) => {
  const scene = await openScene(context, {
    evidence: { table: 'public.inbox', messageId: 'message_id', retentionSec: 1_800 },
  })
  await scene.database.sql(
    `create table inbox (message_id text primary key);
     insert into outbox_message (message_id, payload, status, created_at, updated_at)
     values ('m-1', '{}', 'sent', now() - interval '1 hour', now() - interval '1 hour')`,
  )
  expect(await compare(scene, null)).toMatchObject({
    verdict: 'incomplete',
    untold: [{ reason: 'older-than-retention', count: 1 }],
    findings: [],
  })
  await scene.database.sql('drop table inbox')
  await expect(compare(scene, null)).rejects.toMatchObject({ code: 'table-missing' })
})
