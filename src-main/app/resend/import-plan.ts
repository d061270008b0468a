import { RedriveError } from '../../domain/errors.ts'
import { PLAN_ITEMS_MAX, headerIsIntact, newItemsDigest } from '../../domain/plan.ts'
import type { ItemsDigest, Plan, PlanItem } from '../../domain/plan.ts'
import type { PlanDraft } from '../../ports/job-store.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { planEntry } from './plan-resend.ts'

/** Plan files that are being taken in at a time; each holds an invisible draft in the store. */
const IMPORTS_MAX = 8

interface Import {
  readonly plan: Plan
  /** Null where the plan is known already: its file is only checked. */
  readonly draft: PlanDraft | null
  readonly digest: ItemsDigest
  received: number
}

/**
 * Takes plans from files into the store, in pieces because a file may hold a million lines. Every piece throws
 * `plan-digest-mismatch` where the file is not what its digest says, and `plan-import-unknown` where the import is over.
 */
export interface PlanImports {
  /** Answers with the token for the pieces. */
  begin(plan: Plan): Promise<string>
  /** Items so far. */
  received(token: string): number
  add(token: string, items: readonly PlanItem[]): Promise<void>
  /** A plan that is known already is left as it is. */
  finish(token: string): Promise<Plan>
}

export function createPlanImports(ports: EnginePorts, connections: Connections): PlanImports {
  const imports = new Map<string, Import>()

  const find = (token: string): Import => {
    const found = imports.get(token)
    if (found) return found
    throw new RedriveError('plan-import-unknown', 'never')
  }
  const drop = async (token: string): Promise<void> => {
    const dropped = imports.get(token)
    imports.delete(token)
    await dropped?.draft?.discard()
  }
  /** Whatever is wrong with one piece ends the import. */
  const orDrop = async <T>(token: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      await drop(token)
      throw error
    }
  }

  return {
    async begin(plan) {
      if (!headerIsIntact(plan)) throw mismatch(plan)
      if (plan.items > PLAN_ITEMS_MAX)
        throw new RedriveError('plan-too-large', 'never', { limit: PLAN_ITEMS_MAX })
      const known = await ports.jobStore.plan(plan.plan)
      if (known && known.digest !== plan.digest) throw mismatch(plan)
      await connections.environment(plan.source)
      // The oldest one was left behind by somebody who went away.
      const [oldest] = imports.keys()
      if (imports.size >= IMPORTS_MAX && oldest !== undefined) await drop(oldest)
      const token = ports.ids.next('import')
      const draft = known ? null : await ports.jobStore.beginPlan(plan.plan)
      imports.set(token, { plan, draft, digest: newItemsDigest(), received: 0 })
      return token
    },
    received: (token) => find(token).received,
    add: (token, items) =>
      orDrop(token, async () => {
        const taken = find(token)
        for (const item of items) {
          taken.received += 1
          if (item.seq !== taken.received || taken.received > taken.plan.items) throw mismatch(taken.plan)
          taken.digest.add(item)
        }
        await taken.draft?.add(items)
      }),
    finish: (token) =>
      orDrop(token, async () => {
        const { plan, draft, digest, received } = find(token)
        if (received !== plan.items || digest.finish() !== plan.itemsDigest) throw mismatch(plan)
        const environment = await connections.environment(plan.source)
        await draft?.finish(plan, planEntry(ports, plan, environment))
        imports.delete(token)
        return plan
      }),
  }
}

function mismatch({ plan }: Plan): RedriveError {
  return new RedriveError('plan-digest-mismatch', 'never', { plan })
}
