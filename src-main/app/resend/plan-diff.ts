import { RedriveError } from '../../domain/errors.ts'
import { diffJson } from '../../domain/json-diff.ts'
import type { JsonDiff } from '../../domain/json-diff.ts'
import { readJson } from '../../domain/json-text.ts'
import { sealingHeaders } from '../../domain/message-edit.ts'
import { contentDigest } from '../../domain/plan.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

export interface ItemDiff extends JsonDiff {
  readonly source: string
  readonly item: { readonly id: string; readonly messageId: string }
  readonly before: string
  readonly after: string
  /** Headers that speak of the stored payload's bytes: they go out as they are. */
  readonly sealingHeaders: readonly string[]
}

/**
 * The stored payload of one item beside the one that is sent. Throws `plan-not-found`, `message-not-found`, or
 * `row-changed` where the row is no longer what the plan saw.
 */
export async function itemDiff(
  { jobStore }: EnginePorts,
  connections: Connections,
  { plan: id, seq }: { readonly plan: string; readonly seq: number },
  signal: AbortSignal,
): Promise<ItemDiff> {
  const plan = await jobStore.plan(id)
  if (!plan) throw new RedriveError('plan-not-found', 'never', { plan: id })
  const [item] = await jobStore.planItems(id, seq - 1, 1)
  if (item?.seq !== seq) throw new RedriveError('message-not-found', 'never', { id: String(seq) })
  const [row] = await connections.withOutbox(plan.source, (outbox) => outbox.read([item.id], signal), signal)
  if (!row) throw new RedriveError('message-not-found', 'never', { id: item.id })
  if (contentDigest(row.content) !== item.payloadDigest)
    throw new RedriveError('row-changed', 'never', { id: item.id })
  const before = row.content.payload
  const after = item.payload ?? before
  const headers = item.payload === null ? [] : sealingHeaders(row.content.headers)
  const { id: rowId, messageId } = item
  const about = { source: plan.source, item: { id: rowId, messageId } }
  return { ...about, before, after, ...changesBetween(before, after), sealingHeaders: headers }
}

function changesBetween(before: string, after: string): JsonDiff {
  const left = readJson(before)
  const right = readJson(after)
  if (left.ok && right.ok) return diffJson(left.document.root, right.document.root)
  return { changes: before === after ? [] : [{ path: '', before, after }], more: 0 }
}
