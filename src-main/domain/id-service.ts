/** Of a service that hands out ids by a clock, or by ranges that it takes from a counter. Written in the workspace file. */
export type IdService = SnowflakeIds | SegmentIds

interface IdColumn {
  /** Column with the ids; absent: what the mapping says is a message's place in its chain, or the key of a row. */
  readonly column?: string
}

/** `time | worker | counter`, as Twitter's Snowflake and what came after it: milliseconds above, the rest below. */
export interface SnowflakeIds extends IdColumn {
  readonly kind: 'snowflake'
  /** The moment from which its milliseconds count, as milliseconds since 1970. */
  readonly epochMs: number
  /** Bits below the time. */
  readonly shift: number
  /** Where among those bits the worker stands; absent: nobody says which worker made an id. */
  readonly worker?: { readonly shift: number; readonly bits: number }
  /** Milliseconds by which the time in an id may be ahead of the row's, or behind an earlier id, and nobody minds. */
  readonly clockMsMax: number
}

/** `first` to `first + step - 1` is the first range; a server takes a range and hands out its numbers one by one. */
export interface SegmentIds extends IdColumn {
  readonly kind: 'segment'
  readonly step: number
  readonly first: number
}

/**
 * What can be wrong with ids of a service.
 * - `duplicate`: two messages have the same id.
 * - `regression`: a message has a smaller id than the one stored before it in its chain; a receiver that drops what is
 *   not greater drops it.
 * - `clock-back`: the time in an id lies further behind the one before it than clocks may: a clock was set back.
 * - `clock-ahead`: the time in an id lies further ahead of the row's than clocks may.
 * - `range-unused`: no message has an id of a range, though greater ids are there.
 */
export const idFaults = ['duplicate', 'regression', 'clock-back', 'clock-ahead', 'range-unused'] as const
export type IdFault = (typeof idFaults)[number]

/** Ids are decimal text, always: a bigint does not survive a number. */
export interface IdFinding {
  readonly fault: IdFault
  /** Null where it is none of one chain. */
  readonly chain: string | null
  readonly id: string
  /** The neighbour: stored before it, in its chain or by its worker; of a range the next smaller id. Null: there is none. */
  readonly beforeId: string | null
  /** Milliseconds of a clock; null elsewhere. */
  readonly byMs: number | null
  /** Ids of the ranges that nobody used; of a duplicate how many messages have it. */
  readonly from: string | null
  readonly to: string | null
  readonly times: number | null
}

const SECOND_MS = 1_000

/** A finding in one sentence, as the command line prints it. A gap between snowflakes is none: they leave gaps. */
export function sayIdFinding(finding: IdFinding): string {
  const { fault, chain, id, beforeId, byMs, from, to, times } = finding
  const of = chain === null ? '' : ` of chain ${chain}`
  const by = `${((byMs ?? 0) / SECOND_MS).toFixed(3)} s`
  switch (fault) {
    case 'duplicate':
      return `Id ${id} is that of ${times ?? 2} messages: the id service has handed it out more than once.`
    case 'regression':
      return `Id ${id}${of} was stored after ${beforeId ?? '-'}, which is greater: a receiver that wants growing ids drops it.`
    case 'clock-back':
      return `The time in id ${id}${of} is ${by} behind that of ${beforeId ?? '-'}, which was stored before it: a clock of the id service was set back, and ids may come twice.`
    case 'clock-ahead':
      return `The time in id ${id}${of} is ${by} ahead of the row's: a clock of the id service is ahead, and ids will go back when it is set right.`
    case 'range-unused':
      return `No message has an id from ${from ?? '-'} to ${to ?? '-'}, between ${beforeId ?? '-'} and ${id}: a server took the range and never used it, the ids went elsewhere, or their messages are missing.`
  }
}
