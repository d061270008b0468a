import { ref, shallowRef } from 'vue'
import type { PlanView } from '../../../src-preload/contract/plans.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import { useClient } from '../../app/use-client.ts'

/** Hands a second person's yes in; `taken` hears the plan as it stands with it. */
export function useApproval(plan: () => PlanView, taken: (plan: PlanView) => void) {
  const client = useClient()
  const working = ref(false)
  const error = shallowRef<ApiError | null>(null)

  /** Whether it was taken. */
  async function handIn(approval: string): Promise<boolean> {
    if (working.value) return false
    working.value = true
    error.value = null
    try {
      taken(await client.plans.approve({ plan: plan().plan, approval }))
    } catch (thrown) {
      error.value = toApiError(thrown)
    }
    working.value = false
    return error.value === null
  }

  return { working, error, handIn }
}

export function hasApproval({ approval }: Pick<PlanView, 'approval'>): boolean {
  if (approval === null || approval.why === null) return true
  return approval.given.some(({ problem }) => problem === null)
}
