import { setTimeout as sleep } from 'node:timers/promises'
import type { RelayChild, RelayDone } from '../support/relay-child.ts'
import { rabbit } from '../support/rabbitmq.ts'
import type { SweepChild, SweepDone } from '../support/sweep-child.ts'
import { addPending, quickSweep } from '../support/sweep-samples.ts'
import { startToldChild } from '../support/told-child.ts'
import { scoreOf } from './score.ts'
import type { Score } from './score.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'

const POLL_MS = 200
/** Every so many rows have a destination that does not exist: they are claimed three times and end failed. */
const LOST_EVERY = 100
const ATTEMPTS_MAX = 3
const RELAY_BATCH = 200

/**
 * Two consoles and the service's own relay, each a process, on one outbox. Every claim of any of them counts an attempt
 * in the row, so what the broker received can be held against it: each claim is one publish, and no more.
 */
export async function twoSweepersAndRelay(count: number, timeoutMs: number): Promise<Score> {
  const stage = await openStage()
  try {
    await addPending(stage.database, { queue: stage.queue, count })
    await stage.database.sql(
      `update outbox_message set routing_key = 'redrive-no-such-queue' where id % ${LOST_EVERY} = 0`,
    )
    const databaseUrl = stage.database.url
    const sweep = { ...quickSweep, order: 'none' as const, backoff: { ...quickSweep.backoff, capSec: 1 } }
    const consoles = [await stage.folder(), await stage.folder()].map((dataDir) =>
      startToldChild<SweepDone>('sweep-child.ts', {
        dataDir,
        databaseUrl,
        batch: 500,
        sweep,
      } satisfies SweepChild),
    )
    const { user, password, host, port } = rabbit
    const brokerUrl = `amqp://${user}:${password}@${host}:${port}`
    const relay = startToldChild<RelayDone>('relay-child.ts', {
      databaseUrl,
      brokerUrl,
      batch: RELAY_BATCH,
    } satisfies RelayChild)
    await Promise.all([...consoles, relay].map(({ ready }) => ready))
    for (const one of [...consoles, relay]) one.begin()
    const broken = await untilNothingIsOpen(stage, timeoutMs)
    const [swept, relayed] = await Promise.all([Promise.all(consoles.map((one) => one.stop())), relay.stop()])
    return await judge(stage, count, { swept, relayed, broken })
  } finally {
    await stage.close()
  }
}

async function untilNothingIsOpen({ database }: Stage, timeoutMs: number): Promise<string[]> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += POLL_MS) {
    const [open] = await database.sql(
      `select count(*)::text as n from outbox_message where status in ('pending', 'sending')`,
    )
    if (open?.['n'] === '0') return []
    await sleep(POLL_MS)
  }
  return ['the rows did not all end in time']
}

async function judge(
  stage: Stage,
  count: number,
  done: { readonly swept: readonly SweepDone[]; readonly relayed: RelayDone; readonly broken: string[] },
): Promise<Score> {
  const { swept, relayed, broken } = done
  const hold = (what: string, holds: boolean): void => void (holds || broken.push(what))
  const delivered = await stage.take()
  const rows = await stage.database.sql('select message_id, status, attempts::text from outbox_message')
  const times = new Map<string, number>()
  for (const id of delivered) times.set(id, (times.get(id) ?? 0) + 1)
  const sum = (of: (one: SweepDone) => number): number => swept.reduce((all, one) => all + of(one), 0)

  let claims = 0
  for (const row of rows) {
    const attempts = Number(row['attempts'])
    claims += attempts
    const published = times.get(row['message_id'] ?? '') ?? 0
    if (row['status'] === 'sent')
      hold(`${row['message_id']} has ${attempts} claims and ${published} publishes`, attempts === published)
    else
      hold(
        `${row['message_id']} is ${row['status']} after ${attempts}`,
        row['status'] === 'failed' && attempts === ATTEMPTS_MAX,
      )
  }
  hold('more claims in the rows than in the books', claims === sum((one) => one.claims) + relayed.claims)
  const unroutable = Math.floor(count / LOST_EVERY) * ATTEMPTS_MAX
  hold('publishes that came back', sum((one) => one.returned) + relayed.returned === unroutable)
  hold('outcomes are unknown', sum((one) => one.unknown) === 0)
  hold('rows expired', sum((one) => one.expired) === 0)
  // Otherwise nothing was contended.
  hold(
    'somebody had nothing to do',
    [...swept, relayed].every((one) => one.claims > 0),
  )
  for (const { failures } of swept) broken.push(...failures)
  return scoreOf(`two sweepers and a relay, ${count} rows`, {
    attempted: rows.map((row) => row['message_id'] ?? ''),
    acknowledged: rows.filter((row) => row['status'] === 'sent').map((row) => row['message_id'] ?? ''),
    delivered,
    unknown: sum((one) => one.unknown),
    broken,
  })
}
