import type { Ceiling } from '../../domain/deed.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Json } from '../../domain/digest.ts'
import type { JournalAction } from '../../domain/journal.ts'
import type { HandBackPreview, HandBackRequest } from '../../ports/hand-back.ts'
import type { MessageWithContent } from '../../domain/message.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { Guards } from '../guard/guards.ts'

export interface RetryRequest {
  readonly source: string
  /** `version` null: whatever the row is now. */
  readonly items: readonly { readonly id: string; readonly version: string | null }[]
  readonly reason: string
  /** Production: the number of messages, typed. */
  readonly typedCount: number | null
}

export interface Retried {
  readonly id: string
  readonly applied: boolean
  readonly code: ErrorCode | null
}

export interface Retrying {
  /** Hands rows back to their services' own relay, each only as the operator saw it and only where that would help. */
  retry(request: RetryRequest, signal: AbortSignal): Promise<readonly Retried[]>
}

interface Parts {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly locks: Locks
  readonly changes: Changes
}

export function createRetrying(parts: Parts): Retrying {
  const { ports, connections, locks, changes } = parts
  return {
    async retry(request, signal) {
      const { source, items, reason, typedCount } = request
      locks.require(source)
      if (reason.trim() === '') throw new RedriveError('reason-required', 'never')
      const { environment } = await connections.source(source)
      if (environment === 'production' && typedCount !== items.length) {
        throw new RedriveError('count-not-typed', 'never', { count: items.length })
      }
      const within = await new Guards(ports, connections).requireAct(source, items.length)
      return connections
        .withOutbox(source, (outbox) => retryRows(parts, outbox, { ...request, within }, signal), signal)
        .finally(() => changes.bump())
    },
  }
}

async function retryRows(
  { ports }: Parts,
  outbox: Outbox,
  { source, items, reason, within }: RetryRequest & { readonly within: readonly Ceiling[] },
  signal: AbortSignal,
): Promise<readonly Retried[]> {
  const ids = items.map(({ id }) => id)
  const rows = new Map((await outbox.read(ids, signal)).map((row) => [row.id, row]))
  const held = await ports.jobReader.held(source, ids)
  const codes = new Map<string, ErrorCode>()
  const seen: HandBackRequest[] = []
  for (const { id, version } of items) {
    const row = rows.get(id)
    const code = held.has(id) ? ('outcome-unsettled' as const) : whyNot(row, version)
    if (code !== null) codes.set(id, code)
    else if (row !== undefined) seen.push({ id, version: row.version })
  }
  // What the mapping's samples did not show, these very rows may.
  for (const one of await outbox.preview('retry', seen, signal)) {
    const code = whyUseless(one)
    if (code !== null) codes.set(one.id, code)
  }
  const requests = seen.filter(({ id }) => !codes.has(id))
  if (requests.length > 0) {
    const operator = ports.operator()
    const entry = (action: JournalAction, detail: Json) => ({
      action,
      operator,
      source,
      subject: null,
      detail,
    })
    const ids = requests.map(({ id }) => id)
    await ports.journal.append({ ...entry('retry-intended', { reason, ids }), within })
    const results = await outbox.retry(requests, signal)
    const applied = results.flatMap((one) => (one.applied ? [one.id] : []))
    await ports.journal.append(entry('retried', { reason, applied }))
    for (const { id } of results.filter((one) => !one.applied)) codes.set(id, 'row-changed')
  }
  return items.map(({ id }) => ({ id, applied: !codes.has(id), code: codes.get(id) ?? null }))
}

function whyNot(row: MessageWithContent | undefined, version: string | null): ErrorCode | null {
  if (row === undefined) return 'message-not-found'
  return version !== null && version !== row.version ? 'row-changed' : null
}

function whyUseless({ applied, risks }: HandBackPreview): ErrorCode | null {
  if (!applied) return 'state-forbids'
  return risks.length > 0 ? 'mapping-unsafe' : null
}
