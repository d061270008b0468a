import type { Deviation } from '../domain/chain/deviation.ts'
import type { ReplicaTrouble } from '../domain/audit.ts'
import type { ChainShape } from '../domain/chain/shape.ts'

/** Chain keys that one call may name. */
export const CHAIN_KEYS_MAX = 1_000
/** Messages of one chain that a call shows at most. */
export const CHAIN_WINDOW_MAX = 401

/** Load on the source. */
export interface ChainPace {
  /** Connections, or processes of the server, that read at the same time. */
  readonly workers: 1 | 2
  /** Rest between two statements, in milliseconds. */
  readonly pauseMs: number
  /** Longest time that one statement may take, in milliseconds. */
  readonly statementMs: number
}

export interface ChainMethod {
  /**
   * `index`: one index holds the chains in order, and they are read in ranges of keys that rest in between. `scan`: the
   * table is read from end to end, by one statement that cannot rest.
   */
  readonly reading: 'index' | 'scan'
  /** From the server's statistics; null where there are none. */
  readonly messagesEstimate: number | null
  readonly chainsEstimate: number | null
}

/** What one part of the survey has seen. Each chain is in one part, whole, and in one snapshot. */
export interface SurveyPart {
  readonly messages: number
  readonly chains: number
  /** Chains whose fingerprint is not that of an intact one. */
  readonly suspicious: readonly string[]
  /** More of them, which are too many to be named. */
  readonly unnamed: number
}

/** Rows with ids above `above` and up to `upTo`. Null: without that bound. */
export interface IdBounds {
  readonly above: string | null
  readonly upTo: string | null
}

export interface OpenTransaction {
  /** Names it for as long as it lives. */
  readonly transaction: string
  readonly pid: number | null
  /** Null where the role may not see it. */
  readonly since: string | null
  /** It holds a writer's lock on the outbox. */
  readonly wroteHere: boolean
}

/** What the source can tell of holes at one moment. */
export interface ChainHorizon {
  readonly at: string
  /** The server's own word for the snapshot. */
  readonly snapshot: string
  /** A standby does not see the transactions of its primary. */
  readonly standby: boolean
  /** Null: the outbox is empty. */
  readonly maxId: string | null
  /**
   * Last value that the sequence behind the id has handed out. `none`: nothing of that kind is behind it; `hidden`: it is
   * there, and the role may not look.
   */
  readonly sequence:
    { readonly is: 'none' | 'hidden' } | { readonly is: 'known'; readonly last: string | null }
  /**
   * Whether rows were ever deleted, as far as the server's counters say: `no` only where they have seen all rows come.
   * `unclear` may become clear when sessions have told the counters what they did.
   */
  readonly deletes: 'yes' | 'no' | 'unclear'
  /** Bytes of temporary files of this database since its counters began. */
  readonly tempBytes: number | null
}

export interface ChainPlace {
  readonly chain: string
  readonly id: string
}

export interface ChainRowAt extends ChainPlace {
  readonly previousId: string | null
}

export type SurveyTake = (part: SurveyPart) => void

export interface SurveyRequest {
  readonly pace: ChainPace
  readonly seed: string
}

/** What a replica had when it was asked, and how long it was waited for. */
export interface ReplicaState {
  readonly behindBytes: number | null
  readonly waitedMs: number
  readonly sameSystem: boolean | null
}

export type ReplicaAnswer = ReplicaState &
  (
    | { readonly current: false; readonly trouble: ReplicaTrouble }
    | {
        readonly current: true
        /**
         * As `ChainReader.survey`, on the replica. Each transaction makes sure for itself that its server is a standby of the
         * source that has what the primary had: behind one address there may be several. Throws RedriveError where one does not,
         * `replica-not-usable`, and where a statement was cut off, by a conflict with recovery too.
         */
        survey(request: SurveyRequest, take: SurveyTake, signal: AbortSignal): Promise<void>
        close(): Promise<void>
      }
  )

/** A standby of the source, for the reading that is long. What decides is never asked of it. */
export interface ChainReplica {
  /** host:port, for a person. */
  readonly server: string
  /**
   * Notes what the primary has written in its log by now, and waits at most `waitMs` until the replica has replayed it. Whatever
   * is wrong with the replica is a value; throws where the primary does not answer, and `cancelled`.
   */
  current(waitMs: number, signal: AbortSignal): Promise<ReplicaAnswer>
}

/**
 * The chains of one outbox. Reads only, on connections of its own, so that an audit takes nothing from the lists; every
 * statement has a limit on the server and is cancelled there when `signal` is aborted.
 *
 * Throws RedriveError as an outbox does: `query-timeout` where a statement ran out of time. Whoever gets an error has seen
 * a part, and must not take it for the whole.
 */
export interface ChainReader {
  readonly shape: ChainShape
  method(signal: AbortSignal): Promise<ChainMethod>
  /** A fingerprint of each chain, compared with that of an intact one. `seed` differs for each audit. */
  survey(request: SurveyRequest, take: SurveyTake, signal: AbortSignal): Promise<void>
  /** Null: the source names none. */
  readonly replica: ChainReplica | null
  /**
   * Deviations of these chains (null: of all), grouped by chain and in the order of ids; with bounds, those of the rows
   * within them, judged by all that is stored. A chain's deviations come in one piece, at most DEVIATIONS_PER_CHAIN_MAX.
   * Resolves with what was read, where that is to be counted, which costs another reading; else with zeros.
   */
  walk(
    options: {
      readonly chains: readonly string[] | null
      readonly bounds: IdBounds
      readonly pace: ChainPace
      readonly counted: boolean
    },
    take: (deviations: readonly Deviation[]) => void,
    signal: AbortSignal,
  ): Promise<{ readonly messages: number; readonly chains: number }>
  horizon(signal: AbortSignal): Promise<ChainHorizon>
  /** Transactions of this database, but for this reader's own, that could still store a message. Prepared ones too. */
  openTransactions(signal: AbortSignal): Promise<readonly OpenTransaction[]>
  /** Those of the places that hold a message now; where another chain holds the id, that one. */
  present(places: readonly ChainPlace[], signal: AbortSignal): Promise<readonly ChainPlace[]>
  /** Rows of a chain around an id in the order of ids, at most CHAIN_WINDOW_MAX; null: the chain's last ones. */
  window(
    at: {
      readonly chain: string
      readonly around: string | null
      readonly before: number
      readonly after: number
    },
    signal: AbortSignal,
  ): Promise<readonly ChainRowAt[]>
  close(): Promise<void>
}
