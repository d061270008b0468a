import type { ErrorCode } from '../../domain/errors.ts'
import { actionableStates } from '../../domain/message.ts'
import type { MessageContent, MessageWithContent } from '../../domain/message.ts'
import { contentDigest } from '../../domain/plan.ts'
import type { PlanItem, PlanSkip } from '../../domain/plan.ts'
import type { JobReader } from '../../ports/job-store.ts'
import type { Outbox } from '../../ports/outbox.ts'

/** Rows read with their content at a time: bounds memory, payloads can be large. */
export const READ_BATCH = 500

/** Reads the rows and says for each whether it is sent or why not. Items are in the order in which they were stored. */
export async function planItems(
  {
    outbox,
    source,
    jobReader,
  }: { readonly outbox: Outbox; readonly source: string; readonly jobReader: JobReader },
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{ items: PlanItem[]; skipped: PlanSkip[] }> {
  const items: PlanItem[] = []
  const skipped: PlanSkip[] = []
  for (let from = 0; from < ids.length; from += READ_BATCH) {
    const batch = ids.slice(from, from + READ_BATCH)
    const rows = await outbox.read(batch, signal)
    const held = await jobReader.held(source, batch)
    const found = new Set(rows.map((row) => row.id))
    for (const id of batch) {
      if (!found.has(id)) skipped.push({ id, messageId: null, code: 'message-not-found' })
    }
    for (const row of rows) {
      const code = held.has(row.id) ? 'outcome-unsettled' : whyNot(row)
      if (code) skipped.push({ id: row.id, messageId: row.messageId, code })
      else items.push(toItem(row))
    }
  }
  items.sort(byIdThenAge)
  return { items: items.map((item, index) => ({ ...item, seq: index + 1 })), skipped }
}

/** Why a row is not sent; null where it may be. */
function whyNot(row: MessageWithContent): ErrorCode | null {
  if (!actionableStates.has(row.state)) return 'state-forbids'
  // A relay that took the row a moment ago is still at it: only one that has been silent for long is stuck.
  if (row.state === 'in-flight' && row.trouble === null) return 'state-forbids'
  return contentProblem(row.content)
}

function contentProblem({ payload, headers }: MessageContent): ErrorCode | null {
  if (!isJson(payload)) return 'payload-not-json'
  if (headers !== null && !isJsonObject(headers)) return 'headers-not-json'
  return null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isJsonObject(text: string): boolean {
  return isJson(text) && (text.trimStart().startsWith('{') || text.trim() === 'null')
}

function toItem(row: MessageWithContent): PlanItem {
  return {
    seq: 0,
    id: row.id,
    version: row.version,
    messageId: row.messageId,
    state: row.state,
    attempts: row.attempts,
    type: row.type,
    chainKey: row.chain?.key ?? null,
    destination: row.destination,
    payloadDigest: contentDigest(row.content),
    createdAt: row.createdAt,
  }
}

const digits = /^\d{1,19}$/

/** In the order in which they were stored, so that a chain goes out in sequence. */
function byIdThenAge(a: PlanItem, b: PlanItem): number {
  if (digits.test(a.id) && digits.test(b.id)) {
    const difference = BigInt(a.id) - BigInt(b.id)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  return a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id)
}
