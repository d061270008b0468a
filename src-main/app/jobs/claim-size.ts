import { isRecordCopy } from '../../domain/outcome.ts'
import type { ClaimedItem } from './job-run.ts'

/** Content that a claim should bring, in characters or bytes; two or three claims are in memory at a time. */
export const CLAIM_CONTENT_MAX = 8 * 1024 * 1024
/** Rows of the first claims: nobody knows yet how large they are. */
export const FIRST_CLAIM_ROWS = 50
/** How much larger a claim may be than one that was no trouble. */
const GROWTH = 4

/** How many rows the next claim asks for: as many as weigh no more than CLAIM_CONTENT_MAX, judged by those before. */
export interface ClaimSize {
  readonly rows: number
  note(claimed: readonly Weighed[]): void
}

type Weighed = Pick<ClaimedItem, 'content' | 'copy'>

/** `batch`: the most rows of one claim. */
export function createClaimSize(batch: number): ClaimSize {
  let rows = Math.min(batch, FIRST_CLAIM_ROWS)
  return {
    get rows() {
      return rows
    },
    note(claimed) {
      if (claimed.length === 0) return
      let weight = 0
      for (const item of claimed) weight += weightOf(item)
      const fitting = Math.floor((CLAIM_CONTENT_MAX * claimed.length) / Math.max(weight, 1))
      rows = Math.max(1, Math.min(batch, fitting, Math.max(rows, claimed.length) * GROWTH))
    },
  }
}

function weightOf({ content, copy }: Weighed): number {
  const text = content.payload.length + (content.headers?.length ?? 0)
  if (copy === undefined) return text
  return text + (isRecordCopy(copy) ? (copy.value?.length ?? 0) : copy.body.length)
}
