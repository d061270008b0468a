import { computed, ref, shallowRef } from 'vue'
import type { RunOptions } from '../../../src-preload/contract/jobs.ts'
import type { PlanSelection, PlanView } from '../../../src-preload/contract/plans.ts'
import { toApiError } from '../../api/errors.ts'
import type { ApiError } from '../../api/errors.ts'
import type { Change, MadePlan } from '../../app/state/acts.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

interface PlanOptions {
  readonly source: () => string
  readonly selection: () => PlanSelection | MadePlan
  readonly change: () => Change
}

interface Confirmation extends RunOptions {
  /** Production only; null elsewhere. */
  readonly typedCount: number | null
}

/** A plan from the question to the job that carries it out. What runs is the plan that was shown: its digest says so. */
export function usePlan({ source, selection, change }: PlanOptions) {
  const client = useClient()
  const asked = useAsk({
    subject: () => ({ source: source(), selection: selection(), ...change() }),
    ask: ({ selection: chosen, ...about }, signal) =>
      chosen.kind === 'plan'
        ? client.plans.get({ plan: chosen.plan }, { signal })
        : client.plans.resend({ ...about, selection: chosen }, { signal }),
    // A plan is frozen: news of the engine do not change it.
    live: () => false,
  })
  /** The plan as it stands since something was handed in for it. */
  const newer = shallowRef<PlanView | null>(null)
  const plan = computed(() => {
    const known = asked.data.value
    return newer.value !== null && newer.value.plan === known?.plan ? newer.value : known
  })
  const jobId = ref<string | null>(null)
  const starting = ref(false)
  const runError = shallowRef<ApiError | null>(null)
  const result = useAsk({
    subject: () => jobId.value,
    ask: (job, signal) => client.jobs.get({ job }, { signal }),
  })

  async function run(confirmation: Confirmation): Promise<void> {
    const shown = plan.value
    if (shown === null || starting.value) return
    starting.value = true
    runError.value = null
    try {
      const job = await client.jobs.run({ plan: shown.plan, digest: shown.digest, ...confirmation })
      jobId.value = job.job
    } catch (thrown) {
      const error = toApiError(thrown)
      runError.value = error
      // The plan is being run already, by somebody else or by an attempt whose answer was lost: show that job.
      const known = error.detail['job']
      if (typeof known === 'string' && error.code !== 'internal') jobId.value = known
    }
    starting.value = false
  }

  return {
    plan,
    see: (next: PlanView) => {
      newer.value = next
    },
    error: asked.error,
    loading: asked.loading,
    askAgain: () => {
      runError.value = null
      return asked.refresh()
    },
    run,
    starting,
    runError,
    jobId: computed(() => jobId.value),
    job: result.data,
    jobError: result.error,
  }
}
