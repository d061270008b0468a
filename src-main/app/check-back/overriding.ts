import type { Ceiling } from '../../domain/deed.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { Guards } from '../guard/guards.ts'
import { entryOf } from './check-batch.ts'

export interface OverrideRequest {
  readonly source: string
  readonly id: string
  /** Row version that the operator saw; null: whatever the row is now. */
  readonly version: string | null
  readonly decision: 'commit' | 'rollback'
  readonly reason: string
  /** The message id, typed by the operator. */
  readonly typedMessageId: string
}

export interface OverrideParts {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly locks: Locks
  readonly changes: Changes
}

/**
 * Decides a half message in the place of its producer, whom nobody could ask: one at a time, with a reason and the message
 * id typed. Throws `source-locked`, `reason-required`, `message-not-found`, `id-not-typed`, `state-forbids`, `row-changed`.
 */
export async function overrideHalf(
  { ports, connections, locks, changes }: OverrideParts,
  request: OverrideRequest,
  signal: AbortSignal,
): Promise<void> {
  const { source, reason } = request
  locks.require(source)
  if (reason.trim() === '') throw new RedriveError('reason-required', 'never')
  const within = await new Guards(ports, connections).requireAct(source, 1)
  const work = (outbox: Outbox): Promise<void> => override({ ports, within }, outbox, request, signal)
  await connections.withOutbox(source, work, signal).finally(() => changes.bump())
}

async function override(
  { ports, within }: { readonly ports: EnginePorts; readonly within: readonly Ceiling[] },
  outbox: Outbox,
  { source, id, version, decision, reason, typedMessageId }: OverrideRequest,
  signal: AbortSignal,
): Promise<void> {
  const [row] = await outbox.read([id], signal)
  if (row === undefined) throw new RedriveError('message-not-found', 'never', { id })
  const { messageId } = row
  if (typedMessageId !== messageId) throw new RedriveError('id-not-typed', 'never', { messageId })
  if (row.state !== 'waiting-confirm') throw new RedriveError('state-forbids', 'never', { state: row.state })
  const standing = (await ports.halfStore.standings(source, [id])).get(id)
  // The producer has answered, and its answer is being carried out.
  if (standing?.state === 'deciding') throw new RedriveError('state-forbids', 'later', { state: row.state })
  if (version !== null && version !== row.version) throw new RedriveError('row-changed', 'later', { id })
  const last = standing?.last ?? null
  const said = last === null ? null : { status: last.status, failure: last.failure, means: last.means }
  const detail = { id, messageId, decision, reason, checks: standing?.checks ?? 0, lastAnswer: said }
  const intent = entryOf(ports, 'check-back-overriding', { source, run: null, detail })
  await ports.journal.append({ ...intent, within })
  const written = `Redrive: ${decision} by ${ports.operator()}, not by its producer: ${reason}`
  const [result] = await outbox.decide(decision, [{ id, version: row.version, reason: written }], signal)
  if (result?.applied !== true) throw new RedriveError('row-changed', 'later', { id })
  const done = { id, messageId, decision, overridden: true }
  await ports.halfStore.forget(
    source,
    [id],
    entryOf(ports, 'check-back-decided', { source, run: null, detail: done }),
  )
}
