import { DUE_LIMIT_MAX } from '../../ports/due.ts'
import type { ExhaustedRow } from '../../ports/due.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { SweepRequest } from './runner.ts'

/** Rows that one run makes failed at most; what is left is the next run's. */
const EXPIRED_MAX = 20_000

/**
 * Makes rows failed whose attempts are used up and that nobody will take any more: neither a relay nor a sweep would look
 * at them again, and no person would know. Answers how many. Each batch is journalled, by its ids, before it is changed.
 */
export async function expireExhausted(
  { ports, connections }: { readonly ports: EnginePorts; readonly connections: Connections },
  outbox: Outbox,
  { source, policy, sweepRun }: SweepRequest,
  signal: AbortSignal,
): Promise<number> {
  const { attemptsMax, stuckAfterSec } = policy
  const rule = { limit: Math.min(ports.batch, DUE_LIMIT_MAX), attemptsMax, stuckAfterSec }
  let expired = 0
  while (expired < EXPIRED_MAX && !signal.aborted) {
    const rows = await outbox.exhausted(rule, signal)
    if (rows.length === 0) break
    await ports.journal.append({
      action: 'sweep-expiring',
      operator: ports.operator(),
      source,
      subject: sweepRun,
      detail: { ids: rows.map(({ id }) => id), attemptsMax },
    })
    const requests = rows.map((row) => ({
      id: row.id,
      version: row.version,
      reason: reasonOf(row, sweepRun),
    }))
    const marked = (await outbox.expire(requests, signal)).filter((result) => result.marked).length
    expired += marked
    // All of them were changed by somebody meanwhile: looking again at once would only race with them.
    if (marked === 0) break
    await connections.breathe(source, signal)
  }
  return expired
}

function reasonOf({ attempts, state }: ExhaustedRow, sweepRun: string): string {
  const doubt = state === 'in-flight' ? '; the last one left no answer, so it may have been sent' : ''
  return `Redrive ${sweepRun}: attempts used up (${attempts})${doubt}`
}
