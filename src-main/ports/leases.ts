import type { Owner } from './job-store.ts'

/** Who is at work on a store that several machines share, by the store's own clock. */
export interface LeaseStore {
  /**
   * Says that this process is there for `leaseMs` from now on, also where its lease had run out. Answers with the instances
   * whose lease has not.
   */
  renew(owner: Owner, leaseMs: number): Promise<ReadonlySet<string>>
  /** This process is about to end: nobody has to wait for its lease. */
  giveBack(owner: Owner): Promise<void>
}
