import type { HeaderSearch } from '../domain/content-search.ts'
import type { Copy } from '../domain/outcome.ts'
import type { Message, MessageContent, MessageState, MessageWithContent, Trouble } from '../domain/message.ts'
import type { Mapping } from '../domain/mapping/mapping.ts'
import type { Text } from '../domain/text.ts'
import type { ChainReader } from './chains.ts'
import type { EventReader } from './event-reader.ts'
import type { DueRows } from './due.ts'
import type { EvidenceReader } from './evidence.ts'
import type { ExplainRows } from './explained.ts'
import type { IdReader } from './id-reader.ts'
import type { HalfRows } from './half-messages.ts'
import type { HandBackRows } from './hand-back.ts'

/** Rows to look for. Every field narrows; an empty filter means all rows. */
export interface MessageFilter {
  readonly trouble?: Trouble
  readonly states?: readonly MessageState[]
  readonly type?: string
  /** Case-insensitive part of the last error. */
  readonly error?: string
  readonly chainKey?: string
  readonly exchange?: string
  readonly messageId?: string
  /** Created at least this long ago, in seconds. */
  readonly ageSecMin?: number
  /** Created less than this long ago, in seconds: since a deploy, say. */
  readonly ageSecMax?: number
  /** Case-insensitive part of the payload; `\xc0ffee` are bytes. */
  readonly payload?: string
  /** A header by its exact name, and a part of its value. */
  readonly header?: HeaderSearch
}

export const LIST_LIMIT_MAX = 1_000
/** A look into payloads or headers ends with the slice in which it has passed so many rows; the next one goes on from there. */
export const SEARCH_ROWS_MAX = 250_000
/** Counts stop here and say so ("10,000+"). */
export const COUNT_MAX = 10_000
export const GROUPS_MAX = 100

export interface ListQuery {
  readonly filter: MessageFilter
  readonly order: 'newest' | 'oldest'
  /** Opaque, from the page before; null for the first page. */
  readonly cursor: string | null
  readonly limit: number
  /** How long the whole call may take, in milliseconds, before it returns what it has. */
  readonly budgetMs: number
}

/** How much of the table an answer speaks for. A time-out is never an empty list. */
export type Scope =
  | { readonly complete: true }
  | {
      readonly complete: false
      readonly reason: 'time-budget' | 'row-limit'
      readonly scannedToId: string | null
    }

export interface MessagePage {
  readonly messages: readonly Message[]
  /** Null where the end was reached. Present with an incomplete scope too: the next call goes on from there. */
  readonly nextCursor: string | null
  readonly scope: Scope
  /** Of a search inside of messages that goes through the table: how far it has come, with all pages before. */
  readonly looked?: Looked
}

export interface Looked {
  readonly rows: number
  /** About how many rows there are, as the server remembers; null: it does not, or is wrong. */
  readonly ofAbout: number | null
}

export interface BoundedCount {
  readonly count: number
  /** True: at least this many. */
  readonly bounded: boolean
  readonly oldestCreatedAt: string | null
  readonly scope: Scope
}

export type GroupBy = 'type' | 'error' | 'destination'

export interface MessageGroup {
  readonly key: string
  readonly count: number
  readonly oldestCreatedAt: string | null
}

export interface OutboxReport {
  /** Product and version: `PostgreSQL 17.2`. */
  readonly serverVersion: string
  readonly role: 'primary' | 'standby'
  readonly latencyMs: number
  readonly table: string
  readonly profile: string
  readonly mappingDigest: string
  readonly privileges: { readonly select: boolean; readonly update: boolean }
  /** The role can insert, delete or truncate, which Redrive never needs; the read-only transaction is what protects. */
  readonly readRoleCanWrite: boolean
  /** What differs between the table and the mapping since it was opened; null: nothing. Writes are off while it does. */
  readonly drift: Text | null
  /** An index serves the open rows; without it lists are read in bounded slices. */
  readonly indexed: boolean
  /** What else a person should know of this server; `warnings`: by which messages could get lost. */
  readonly facts?: readonly Text[]
  readonly warnings?: readonly Text[]
}

export interface ClaimRequest {
  readonly id: string
  /** Row version that the plan saw. */
  readonly version: string
}

export type ClaimResult =
  | {
      readonly id: string
      readonly claimed: true
      /** Row version after the claim. */
      readonly version: string
      /** With the one of this claim. */
      readonly attempts: number
      readonly content: MessageContent
      /** Of a message of a broker, in the place of the content: what goes out, and the digest of what was found. */
      readonly copy?: Copy
      readonly digest?: string
    }
  | { readonly id: string; readonly claimed: false }

export interface MarkRequest {
  readonly id: string
  /**
   * `confirm`: sent. `fail`: returned or refused. `retry`: the same, and it waits for its next attempt. `release`: never
   * published, back to what it was.
   */
  readonly as: 'confirm' | 'fail' | 'retry' | 'release'
  /** Last error to write for `fail`, `retry` and `release`. */
  readonly reason: string | null
  /** For `retry`, and only there: seconds until the next attempt, counted by the server's clock. */
  readonly delaySec?: number
  /** State before the claim, for `release`. */
  readonly stateBefore: MessageState
  /**
   * Attempts with the one of the claim that this ends, where they are known. A mark may take effect after its own repeat,
   * when the same job has claimed the row again: the token alone does not tell that claim from the one that is meant.
   */
  readonly attempts?: number
}

export type MarkResult =
  | { readonly id: string; readonly marked: true; readonly version: string }
  /** The row no longer carries this claim: somebody else changed it, and it was left alone. */
  | { readonly id: string; readonly marked: false }

export interface ResolveRequest {
  readonly id: string
  readonly version: string
  /** Written to the row, so that a decision is recognised after a crash. */
  readonly token: string
}

export type ResolveResult =
  | { readonly id: string; readonly applied: true; readonly version: string; readonly before: string }
  | { readonly id: string; readonly applied: false }

export interface UndoRequest {
  readonly id: string
  /** Row version right after the resolve. */
  readonly version: string
  /** From ResolveResult. */
  readonly before: string
}

/**
 * One outbox of one source.
 *
 * Reading never blocks a writer and runs on a connection that cannot write. Every statement has a time limit on the
 * server, and is cancelled there when `signal` is aborted. Writing changes a row only by compare-and-set: on its
 * version, or on the claim's token; a row that does not match is left alone and reported as a value.
 *
 * Throws RedriveError: `later` where nothing happened; `unknown-effect` from claim, mark, resolve and undo where the
 * connection broke after the statement had been sent. All four may then be repeated: the same claim token, mark or
 * decision applied twice has the effect of once.
 */
export interface Outbox extends DueRows, HandBackRows, HalfRows, ExplainRows {
  readonly mapping: Mapping
  /** Digest of the tables as they were when it was opened: their names, columns, types and keys. */
  readonly shape: string
  /** Null where the mapping has no chain that could be audited; `unavailable`: on this server none can. */
  readonly chains: ChainReader | 'unavailable' | null
  /** What the mapping's companion says of consumption; null where there is none. Closed with the outbox. */
  readonly evidence: EvidenceReader | null
  /** Those of at most LIST_LIMIT_MAX message ids that the outbox holds. Null where they are no column of one table. */
  readonly stored:
    ((messageIds: readonly string[], signal: AbortSignal) => Promise<ReadonlySet<string>>) | null
  /** Null: on this server events cannot be compared. */
  readonly events: EventReader | null
  /** Null: on this server ids cannot be compared. */
  readonly ids: IdReader | null
  report(signal: AbortSignal): Promise<OutboxReport>
  /** The time of its server, ISO-8601. */
  clock(signal: AbortSignal): Promise<string>
  list(query: ListQuery, signal: AbortSignal): Promise<MessagePage>
  count(filter: MessageFilter, budgetMs: number, signal: AbortSignal): Promise<BoundedCount>
  /** At most GROUPS_MAX groups, largest first, over at most COUNT_MAX rows. */
  groups(
    filter: MessageFilter,
    by: GroupBy,
    budgetMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly groups: readonly MessageGroup[]; readonly bounded: boolean; readonly scope: Scope }>
  /** Rows by id with their content, in the order of the ids; an id that does not exist is absent from the answer. */
  read(ids: readonly string[], signal: AbortSignal): Promise<readonly MessageWithContent[]>
  /** By chain key: the highest id that is already sent and higher than the chain's first row among these. */
  laterSent(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>
  /**
   * Takes rows for one publish, counts the attempt, writes `token`. One statement. Results are in the order of the
   * requests. A row already claimed with the
   * same token is claimed again (so that a repeat after a lost answer gives the same result).
   */
  claim(
    requests: readonly ClaimRequest[],
    token: string,
    signal: AbortSignal,
  ): Promise<readonly ClaimResult[]>
  /** Ends claims made with `token`. A row already marked by the same request counts as marked where that can be seen. */
  mark(requests: readonly MarkRequest[], token: string, signal: AbortSignal): Promise<readonly MarkResult[]>
  resolve(requests: readonly ResolveRequest[], signal: AbortSignal): Promise<readonly ResolveResult[]>
  undo(requests: readonly UndoRequest[], signal: AbortSignal): Promise<readonly MarkResult[]>
  close(): Promise<void>
}
