import { RedriveError } from '../../src-main/domain/errors.ts'
import { profileByName } from '../../src-main/adapters/profiles/profiles.ts'
import { simOutbox } from '../simulation/sim-outbox.ts'
import type { Execute } from '../simulation/sim-outbox.ts'
import { SimTable } from '../simulation/sim-table.ts'
import type { Columns } from '../simulation/sim-table.ts'
import { outboxConformance } from './outbox.ts'
import type { SeedRow } from './outbox-fixture.ts'

const STATUS = {
  pending: 'pending',
  scheduled: 'pending',
  retrying: 'pending',
  'in-flight': 'sending',
  sent: 'sent',
  failed: 'failed',
  discarded: 'failed',
} as const

const at = (seconds: number): number => Date.now() + seconds * 1_000

function columns(seed: SeedRow): Columns {
  const next = seed.dueInSec === undefined ? null : at(seed.dueInSec)
  return {
    status: STATUS[seed.state],
    attempts: seed.attempts ?? 0,
    type: seed.type ?? null,
    last_error: seed.error ?? null,
    exchange: seed.exchange ?? '',
    routing_key: seed.routingKey ?? '',
    chain_key: seed.chainKey ?? null,
    payload: seed.payload ?? '{}',
    headers: seed.headers ?? null,
    created_at: at(-(seed.createdSecAgo ?? 0)),
    updated_at: seed.updatedSecAgo === undefined ? null : at(-seed.updatedSecAgo),
    next_attempt_at: seed.state === 'discarded' ? Infinity : next,
    message_id: seed.messageId ?? null,
  }
}

const atOnce: Execute = async ({ run }, signal) => {
  if (signal.aborted) throw new RedriveError('cancelled', 'later')
  return run()
}

outboxConformance('simulated', async ({ stuckAfterSec, attemptsMax }) => {
  const table = new SimTable({
    mapping: profileByName('redrive-reference'),
    limits: { stuckAfterSec, attemptsMax },
    nowMs: () => Date.now(),
  })
  const change = (id: string, to: Columns): void => {
    const row = table.row(id)
    if (row) table.write(row, to, { by: 'somebody else', action: 'write' })
  }
  return {
    outbox: simOutbox(table, 'the console', atOnce),
    add: async (rows) => rows.map((row) => table.insert(columns(row)).id),
    touch: async (id) => change(id, {}),
    sendElsewhere: async (id) => change(id, { status: 'sent' }),
    lockElsewhere: async (ids) => {
      const unlock = table.lock(ids)
      return { release: async () => unlock() }
    },
    another: async () => simOutbox(table, 'another console', atOnce),
  }
})
