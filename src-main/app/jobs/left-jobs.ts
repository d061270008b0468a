import type { Owner } from '../../ports/job-store.ts'
import type { Processes } from '../../ports/surroundings.ts'
import type { Workshop } from './workshop.ts'

/** Tells running jobs that nobody carries out: their process is gone, or the store failed in the middle of one of this process. */
export class LeftJobs {
  readonly #processes: Processes
  readonly #workshop: Workshop
  /** Being begun, continued or ended here: running by the store, and not in the workshop. */
  readonly #inHand = new Set<string>()
  /** Of this process, and carried out by nobody when it was looked at. */
  readonly #seen = new Set<string>()

  constructor(processes: Processes, workshop: Workshop) {
    this.#processes = processes
    this.#workshop = workshop
  }

  /** The job is in this process's hand while `work` goes on. */
  async holding<T>(job: string, work: () => Promise<T>): Promise<T> {
    this.#inHand.add(job)
    try {
      return await work()
    } finally {
      this.#inHand.delete(job)
    }
  }

  /** Its process is gone or, where it is this one, nobody has carried it out since the look before. */
  isLeft(job: string, owner: Owner): boolean {
    if (owner.instance !== this.#processes.self.instance) return !this.#processes.alive(owner)
    const idle = this.#workshop.status(job) === null && !this.#inHand.has(job)
    const left = idle && this.#seen.has(job)
    if (idle && !left) this.#seen.add(job)
    else this.#seen.delete(job)
    return left
  }
}
