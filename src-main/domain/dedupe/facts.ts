/**
 * What a receiver's table, or its keys, tell of how the second delivery of a message is noticed. Facts only: `judge.ts` says
 * what they mean for a resend.
 */
export type DedupeFacts = TableFacts | KeyFacts | LogFacts

/** A unique index, or a primary key, in the order of its columns. */
export interface UniqueIndex {
  readonly name: string
  /** Null: an expression. */
  readonly columns: readonly (string | null)[]
  /** Holds for a part of the rows only. */
  readonly partial: boolean
  /** False: the server itself does not rely on it, as after a build that failed. */
  readonly valid: boolean
  /** Checked at the end of the transaction only. */
  readonly deferred: boolean
  /** Characters of a column that it looks at; null: the whole. */
  readonly cutAt: number | null
}

/** How the receiver's table was made. */
export interface TableBuild {
  /** `table` of the server, by its name for a person. */
  readonly table: string
  /** A view, or a table of another server, has no indexes of its own. */
  readonly kind: 'table' | 'view'
  readonly uniques: readonly UniqueIndex[]
  /** What empties it without anybody deleting a row; null: nothing. */
  readonly emptiedBy: 'crash' | 'restart' | null
  /** A row of it can be stored in one transaction with the effect. */
  readonly transactions: boolean
  /** Of MySQL and MariaDB. */
  readonly engine: string | null
}

export interface TableFacts {
  readonly kind: 'table'
  readonly build: TableBuild
  /** Columns with the id of a message; null: the mapping finds a proof in a way that names none. */
  readonly ids: readonly string[] | null
  /** Columns that have one value in every row that speaks of this source's messages. */
  readonly pinned: readonly string[]
  /** Proofs that were looked at, and the messages among them that have several; null: there was no time to look. */
  readonly sample: { readonly proofs: number; readonly doubled: number } | null
  /** Seconds; null: nothing removes a proof. Absent: nobody knows. */
  readonly retentionSec?: number | null
}

/** A log takes every record: what notices a second delivery stands somewhere else. */
export interface LogFacts {
  readonly kind: 'log'
  /** For a person: log and broker. */
  readonly log: string
  readonly retentionSec: number | null
}

/** Keys of Redis, each the proof of one message. */
export interface KeyFacts {
  readonly kind: 'keys'
  readonly pattern: string
  /** Keys that were looked at. */
  readonly keys: number
  /** False: there was no time to walk through all keys of the server. */
  readonly complete: boolean
  /** Of these, keys that nothing removes. */
  readonly endless: number
  /** Seconds that a key lives, the longest of those that were looked at; null: none of them ends. */
  readonly livesSec: number | null
  /** False: it is only what is left of it, since the server does not tell when any of the keys was set. */
  readonly livesExact: boolean
  readonly server: KeyServer
  readonly retentionSec: number | null
}

/** Null: the server does not tell. */
export interface KeyServer {
  readonly evictionPolicy: string | null
  /** Bytes; 0: there is no limit. */
  readonly memoryMax: number | null
  readonly evicted: number | null
  /** `always`, `everysec`, `no`; `off`: there is no append-only file. */
  readonly log: string | null
  /** Points at which a snapshot is taken; '' for never. */
  readonly snapshots: string | null
  readonly replicas: number
  readonly replicasForWrite: number | null
}
