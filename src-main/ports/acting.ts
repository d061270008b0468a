/** Who acts. On a host of several persons each call has its own; everything else is done by whoever runs the process. */
export interface Acting {
  /** As the journal names it. Asked when something is written down, never kept: the next call may be somebody else's. */
  readonly operator: () => string
  /** What `work` does, and what it begins, is this person's: a job belongs to who started it, to its end. */
  readonly actAs: <T>(operator: string, work: () => T) => T
  /** What `work` begins runs by itself, for nobody in particular: schedules that outlive the person who switched them on. */
  readonly actAlone: <T>(work: () => T) => T
}
