import type { Sample, SourceSample, Subject } from '../domain/sample.ts'

/** What Redrive saw of sources and brokers over time. Nothing of it is an action: it is not journalled. */
export interface SampleStore {
  /**
   * Those of `subjects` that nobody has taken since `notSinceMs`; from now on they are the caller's to sample. Of several
   * processes that ask at once, one gets a subject.
   */
  take(subjects: readonly Subject[], atMs: number, notSinceMs: number): Promise<readonly Subject[]>
  /** Also thins what has grown old, see `samplesKept`. */
  add(samples: readonly Sample[], nowMs: number): Promise<void>
  /** Of one source, or of all; oldest first. */
  sources(query: {
    readonly source: string | null
    readonly fromMs: number
  }): Promise<readonly SourceSample[]>
  /** The latest one of each subject. */
  latest(): Promise<readonly Sample[]>
}
