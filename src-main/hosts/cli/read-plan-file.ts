import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { readHeaderLine, readItemLine } from '../../api/plan-file.ts'
import { RedriveError } from '../../domain/errors.ts'
import { headerIsIntact, newItemsDigest } from '../../domain/plan.ts'
import type { Plan } from '../../domain/plan.ts'
import { usageError } from '../common/failure.ts'

/**
 * Reads a plan file to its end without a store. Throws `plan-invalid` where it is none, `plan-digest-mismatch` where it
 * holds anything else than its digest says.
 */
export async function readPlanFile(path: string): Promise<Plan> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })
  const digest = newItemsDigest()
  let plan: Plan | null = null
  let count = 0
  try {
    for await (const line of lines) {
      if (line.trim() === '') continue
      if (plan === null) {
        plan = readHeaderLine(line)
        continue
      }
      count += 1
      const item = readItemLine(line, count + 1)
      if (item.seq !== count) throw mismatch(plan)
      digest.add(item)
    }
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw usageError(`The plan file ${path} cannot be read.`, { cause: error })
  } finally {
    lines.close()
  }
  if (plan === null) throw new RedriveError('plan-invalid', 'never', { reason: `${path} is empty` })
  if (headerIsIntact(plan) && count === plan.items && digest.finish() === plan.itemsDigest) return plan
  throw mismatch(plan)
}

function mismatch({ plan }: Plan): RedriveError {
  return new RedriveError('plan-digest-mismatch', 'never', { plan })
}
