import type { ErrorCode } from '../../domain/errors.ts'
import { actionableStates } from '../../domain/message.ts'
import type { MessageContent, MessageWithContent } from '../../domain/message.ts'
import { contentDigest } from '../../domain/plan.ts'
import type { PlanItem, PlanSkip } from '../../domain/plan.ts'
import type { JobReader } from '../../ports/job-store.ts'
import type { Outbox } from '../../ports/outbox.ts'

/** Rows read with their content at a time: bounds memory, payloads can be large. */
export const READ_BATCH = 500

/** One row of the selection: sent, or left out with the reason. */
export type Judged =
  { readonly row: MessageWithContent; readonly item: Omit<PlanItem, 'seq'> } | { readonly skip: PlanSkip }

/** Reads at most READ_BATCH rows and says for each whether it is sent or why not, in the order of the ids. */
export async function judge(
  {
    outbox,
    source,
    jobReader,
  }: { readonly outbox: Outbox; readonly source: string; readonly jobReader: JobReader },
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const rows = new Map((await outbox.read(ids, signal)).map((row) => [row.id, row]))
  const held = await jobReader.held(source, ids)
  return ids.map((id): Judged => {
    const row = rows.get(id)
    if (row === undefined) return { skip: { id, messageId: null, code: 'message-not-found' } }
    const code = held.has(id) ? 'outcome-unsettled' : whyNot(row)
    return code ? { skip: { id, messageId: row.messageId, code } } : { row, item: toItem(row) }
  })
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

/** Never used: a mapping that allows a resend says where messages go. */
const NOWHERE = { exchange: '', routingKey: '' }

function toItem(row: MessageWithContent): Omit<PlanItem, 'seq'> {
  return {
    id: row.id,
    version: row.version,
    messageId: row.messageId,
    state: row.state,
    attempts: row.attempts ?? 0,
    type: row.type,
    chainKey: row.chain?.key ?? null,
    destination: row.destination ?? NOWHERE,
    payloadDigest: contentDigest(row.content),
    payload: null,
    createdAt: row.createdAt ?? '',
  }
}
