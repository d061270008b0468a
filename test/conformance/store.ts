import { describe, expect } from 'vitest'
import type { StoreUnderTest } from '../support/store-samples.ts'
import { storeConformanceOfAlerts } from './store-alerts.ts'
import { storeConformanceOfAudits } from './store-audits.ts'
import { storeConformanceOfDecisions } from './store-decisions.ts'
import { storeConformanceOfSources } from './store-sources.ts'
import { storeConformanceOfSweeps } from './store-sweeps.ts'
import { storeConformanceOfJobs } from './store-jobs.ts'
import { storeConformanceOfGuard } from './store-guard.ts'
import { storeConformanceOfOutcomes } from './store-outcomes.ts'
import { storeConformanceOfOperators } from './store-operators.ts'
import { storeConformanceOfPlans } from './store-plans.ts'
import { storeConformanceOfTriage } from './store-triage.ts'

/** Opens an empty store of its own. */
export type OpenEmptyStore = () => Promise<StoreUnderTest>

const signal = new AbortController().signal

export function storeConformance(name: string, openEmpty: OpenEmptyStore): void {
  async function withStore(work: (store: StoreUnderTest) => Promise<void>): Promise<void> {
    const store = await openEmpty()
    try {
      await work(store)
      expect(await store.journal.verify(signal)).toMatchObject({ intact: true })
    } finally {
      await store.close()
    }
  }

  describe(`store conformance: ${name}`, () => {
    storeConformanceOfPlans(withStore)
    storeConformanceOfJobs(withStore)
    storeConformanceOfOutcomes(withStore)
    storeConformanceOfDecisions(withStore)
    storeConformanceOfSweeps(withStore)
    storeConformanceOfAudits(withStore)
    storeConformanceOfAlerts(withStore)
    storeConformanceOfTriage(withStore)
    storeConformanceOfGuard(withStore)
    storeConformanceOfOperators(withStore)
    storeConformanceOfSources(withStore)
  })
}
