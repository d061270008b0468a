/** A queue as the broker's administration tells it. */
export interface QueueHead {
  readonly queue: string
  /** `classic`, `quorum`, `stream`, or what the server calls it. */
  readonly type: string
  /** Null, as each count here: the server has not counted yet. */
  readonly ready: number | null
  readonly unacked: number | null
  readonly consumers: number | null
  /** `running`, `idle`, `down`; null: not told. */
  readonly state: string | null
  readonly durable: boolean
  /** JSON text. */
  readonly arguments: string
  /** Name of the policy that is in force; null: none. */
  readonly policy: string | null
  /** What policies and operator policies come to, as JSON text; null: nothing, or not told. */
  readonly policyDefinition: string | null
}

export interface QueueList {
  /** By name. */
  readonly queues: readonly QueueHead[]
  /** False: there are more than QUEUES_MAX. */
  readonly complete: boolean
}

/** Queues of one list. */
export const QUEUES_MAX = 5_000

/** The queues of a broker, from afar: no message is touched, nothing is declared. */
export interface Queues {
  /**
   * Throws RedriveError: `management-missing` where no address of it is written, `management-absent` where nobody answers it
   * there, `auth-failed`, `permission-denied`, or `later`.
   */
  list(signal: AbortSignal): Promise<QueueList>
}
