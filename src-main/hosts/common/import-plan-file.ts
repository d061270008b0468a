import { createReadStream } from 'node:fs'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '../../../src-preload/contract/index.ts'
import { PlanLineTooLong, planPieces } from '../../../src-preload/contract/plan-pieces.ts'
import type { PlanView } from '../../../src-preload/contract/plans.ts'
import { RedriveError } from '../../domain/errors.ts'
import { codeOf, isSystemError, usageError } from './failure.ts'

type PlanCalls = Pick<ContractRouterClient<Contract>, 'plans'>

/**
 * Takes a plan file into the store, a piece at a time. Throws `plan-invalid` where the file is no plan and
 * `plan-digest-mismatch` where it was edited.
 */
export async function importPlanFile({ plans }: PlanCalls, path: string): Promise<PlanView> {
  const text = createReadStream(path, 'utf8')
  try {
    let token: string | null = null
    for await (const lines of planPieces(text as AsyncIterable<string>)) {
      if (token === null) token = (await plans.importBegin({ header: lines[0] ?? '' })).token
      else await plans.importItems({ token, lines: [...lines] })
    }
    if (token === null) throw new RedriveError('plan-invalid', 'never', { reason: `${path} is empty` })
    return await plans.importEnd({ token })
  } catch (error) {
    if (error instanceof PlanLineTooLong)
      throw new RedriveError('plan-invalid', 'never', { reason: error.message }, { cause: error })
    if (!isSystemError(error)) throw error
    throw usageError(`The plan file ${path} cannot be read (${codeOf(error)}).`, { cause: error })
  } finally {
    text.destroy()
  }
}
