import { sha256 } from '../../domain/digest.ts'
import { RedriveError } from '../../domain/errors.ts'
import { headerIsIntact, newItemsDigest } from '../../domain/plan.ts'
import type { Plan, PlanItem } from '../../domain/plan.ts'
import type { JobStore } from '../../ports/job-store.ts'
import { planPages } from '../resend/plan-intact.ts'

/** Half of a SHA-256: 16 MB for a plan of a million. */
const PRINT_BYTES = 16

/** What of an item decides what goes out, and where; its version may change while its job runs. */
export type Outgoing = Pick<
  PlanItem,
  'seq' | 'id' | 'messageId' | 'type' | 'chainKey' | 'destination' | 'payloadDigest' | 'payload'
>

/** Which items a plan has, as they were when its digest was found to fit. */
export interface Manifest {
  has(item: Outgoing): boolean
}

/**
 * Reads a stored plan once, and remembers each item by a print of it: what the store says later is compared with that.
 * Throws `plan-digest-mismatch` where header and items are not what the digest says.
 */
export async function readManifest(store: Pick<JobStore, 'planItems'>, plan: Plan): Promise<Manifest> {
  const mismatch = (): RedriveError => new RedriveError('plan-digest-mismatch', 'never', { plan: plan.plan })
  if (!headerIsIntact(plan)) throw mismatch()
  const prints = Buffer.alloc(plan.items * PRINT_BYTES)
  const digest = newItemsDigest()
  let count = 0
  for await (const page of planPages(store, plan.plan)) {
    for (const item of page) {
      count += 1
      if (item.seq !== count || count > plan.items) throw mismatch()
      digest.add(item)
      printOf(item).copy(prints, (count - 1) * PRINT_BYTES, 0, PRINT_BYTES)
    }
  }
  if (count !== plan.items || digest.finish() !== plan.itemsDigest) throw mismatch()
  return {
    has(item) {
      const at = (item.seq - 1) * PRINT_BYTES
      if (!Number.isSafeInteger(at) || at < 0 || at >= prints.length) return false
      return printOf(item).compare(prints, at, at + PRINT_BYTES, 0, PRINT_BYTES) === 0
    },
  }
}

function printOf({
  seq,
  id,
  messageId,
  type,
  chainKey,
  destination,
  payloadDigest,
  payload,
}: Outgoing): Buffer {
  const { exchange, routingKey } = destination
  const line = [seq, id, messageId, type, chainKey, exchange, routingKey, payloadDigest, payload]
  return Buffer.from(sha256(JSON.stringify(line)).slice(0, PRINT_BYTES * 2), 'hex')
}
