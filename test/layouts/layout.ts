import type { MessageState } from '../../src-main/domain/message.ts'

export const MINUTE_SEC = 60
export const HOUR_SEC = 3_600
export const DAY_SEC = 86_400

/** What the fixtures call too long: every row is either clearly younger or clearly older. */
export const STUCK_AFTER_SEC = 600

/** The zone of the pretended application servers whose frameworks write their own local time. */
export const APP_ZONE = 'Asia/Shanghai'
const APP_OFFSET = '+08:00'

export type Engine = 'postgres' | 'mariadb'

/** SQL that says the same to both servers. */
export interface Expression {
  readonly postgres: string
  readonly mariadb: string
}

export type Cell = string | number | boolean | null | Expression
export type Cells = Readonly<Record<string, Cell>>

/** All states of the design, also those that no released profile has used so far. */
export type LayoutState = MessageState | 'consumed' | 'expired' | 'waiting-confirm'

export type LayoutTrouble = 'stuck' | 'failed' | 'unconfirmed' | 'dead-lettered'

/** Why Redrive must not do it. */
export type Refusal =
  /** It was delivered, or nobody needs it any more. */
  | 'finished'
  /** It waits for its relay, which will take it; there is nothing to change. */
  | 'waiting'
  /** Somebody works on it right now. */
  | 'live-lease'
  /** The framework keeps it in the memory of a process as well. */
  | 'held-in-memory'
  /** The business transaction may have been rolled back: ask the producer. */
  | 'half-message'
  /** The broker's redelivery of the incoming message sends it, nothing in the table does. */
  | 'broker-redelivery'
  /** A capture reads inserts only: an update is ignored, or stops it. */
  | 'insert-only'
  /** The layout is read-only here: its own tool or API has to do it. */
  | 'own-tool'
  | 'event-store'
  | 'undo-log'
  | 'no-key'
  /** Consumers take a missing or changed row for a consumed one. */
  | 'consumers-read-it'

/**
 * `copied`: the row stays as it is, and a copy of it is what the capture sees. `relayed`: the relay picks it up next. `queued`: it is whole again, but an older row of its group goes first.
 */
export type RetryOutcome = 'relayed' | 'queued' | 'copied' | Refusal

/**
 * `purgeable`: stays, and the framework's own cleaner takes it some day. `stays`: stays, the framework never cleans.
 * `gone`: deleting is what a success looks like in this layout.
 */
export type ResolveOutcome = 'purgeable' | 'stays' | 'gone' | Refusal

export type DestinationPart = 'exchange' | 'routingKey' | 'topic' | 'key' | 'queue' | 'uri' | 'handler'

/** What Redrive must show for a row. What is left out is not known in this layout. */
export interface Shown {
  readonly state: LayoutState
  readonly trouble: LayoutTrouble | null
  readonly messageId: string
  readonly type?: string
  readonly destination?: Readonly<Partial<Record<DestinationPart, string>>>
  readonly chain?: { readonly key: string; readonly sequence?: string }
  readonly attempts?: number
  readonly lastError?: string
  /** What the evidence table says. Absent: the layout has none. */
  readonly evidence?: 'consumed' | 'not-seen' | 'unknown'
}

export interface LayoutRow {
  /** What the row stands for; unique within its layout. */
  readonly is: string
  /** Absent: the layout's first table. */
  readonly table?: string
  readonly cells: Cells
  readonly shows: Shown
  /** The framework's relay would take it now, as it stands. */
  readonly relayed: boolean
  readonly retry: RetryOutcome
  readonly resolve: ResolveOutcome
  /** Rows that the relay takes only after this one was resolved. */
  readonly unblocks?: readonly string[]
}

/** Rows of other tables that the layout's rows need, in the order of their foreign keys. */
export interface Companion {
  readonly table: string
  readonly cells: Cells
}

export interface Relay {
  readonly model: 'poller' | 'change-capture' | 'in-process' | 'redelivery' | 'own-tool' | 'none'
  /**
   * Queries that return the keys of the rows that the framework would take and send now; what its code drops
   * right after its query counts as not taken. They run in a transaction that is rolled back.
   */
  readonly picks: readonly string[]
}

export interface Action {
  /** The statement that is safe; `@row` stands for the condition that picks one row. */
  readonly safe: string
  /** Exactly these columns differ afterwards, at least where they were not like that before. */
  readonly changes: readonly string[]
  /** A statement that people write instead, and what comes of it. */
  readonly careless?: {
    readonly statement: string
    readonly comesTo: 'never-relayed' | 'rejected' | 'not-purged' | 'still-blocks'
  }
}

export interface Evidence {
  readonly table: string
  /** Returns the message ids that were consumed. */
  readonly consumed: string
  /** Seconds after which the framework forgets; null: never. */
  readonly retentionSec: number | null
}

/** One layout of the wild: how it looks, what its rows mean and what may be done to them. */
export interface Layout {
  readonly name: string
  /** The profile that Redrive ships for it. Absent: of the same name. */
  readonly profile?: string
  readonly engine: Engine
  /** How columns are spelled here, where it is not as the profile has them. */
  readonly spelled?: (name: string) => string
  readonly schema: string
  /** As the catalogue names them. The first one is the outbox itself. */
  readonly tables: readonly string[]
  /** Empty: there is none, and `identity` tells the fixture's rows apart. */
  readonly key: readonly string[]
  readonly identity?: readonly string[]
  readonly companions?: readonly Companion[]
  readonly rows: readonly LayoutRow[]
  readonly relay: Relay
  /** Absent: never by a statement. */
  readonly retry?: Action
  readonly resolve?: Action
  /** Where a retry is a new row: inserts the copy of `@row` that the capture will see. */
  readonly copy?: string
  /** Returns the keys of what the framework's cleaner would delete if nothing happened for two months. */
  readonly purge?: string
  readonly evidence?: Evidence
  readonly untouchable: readonly string[]
  /** The framework writes the local time of its server, which is in APP_ZONE. */
  readonly localTimes?: boolean
  /** For the whole layout, whatever the row. */
  readonly refuses: Readonly<Partial<Record<'resend' | 'retry' | 'resolve' | 'edit', string>>>
}

export function expression(postgres: string, mariadb: string): Expression {
  return { postgres, mariadb }
}

/** A point in time, `sec` from now; negative: ago. For columns that know their zone. */
export function at(sec: number): Expression {
  return expression(`now() + interval '${sec} seconds'`, `current_timestamp(6) + interval ${sec} second`)
}

/** The wall clock of the pretended application server. */
export function local(sec: number): Expression {
  return expression(
    `(now() at time zone '${APP_ZONE}') + interval '${sec} seconds'`,
    `convert_tz(utc_timestamp(6), '+00:00', '${APP_OFFSET}') + interval ${sec} second`,
  )
}

export function utc(sec: number): Expression {
  return expression(
    `(now() at time zone 'UTC') + interval '${sec} seconds'`,
    `utc_timestamp(6) + interval ${sec} second`,
  )
}

export function epochMs(sec: number): Expression {
  return expression(
    `floor(extract(epoch from now()) * 1000)::bigint + ${sec} * 1000`,
    `floor(unix_timestamp(current_timestamp(3)) * 1000) + ${sec} * 1000`,
  )
}

/** ISO 8601 text in UTC with milliseconds. */
export function iso(sec: number): Expression {
  return expression(
    `to_char((now() at time zone 'UTC') + interval '${sec} seconds', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    `date_format(utc_timestamp(3) + interval ${sec} second, '%Y-%m-%dT%H:%i:%s.000Z')`,
  )
}

export function bytes(text: string): Expression {
  const hex = Buffer.from(text).toString('hex')
  return expression(`'\\x${hex}'::bytea`, `x'${hex}'`)
}

export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

export function json(value: unknown): string {
  return JSON.stringify(value)
}

/** The key of a row of the fixture as the server would say it, its parts joined by `|`. */
export function keyOf(layout: Layout, row: LayoutRow): string {
  return identityOf(layout)
    .map((column) => plainCell(row, column))
    .join('|')
}

/** The text of a cell that is no expression. */
export function plainCell(row: LayoutRow, column: string): string {
  const cell = row.cells[column]
  if (cell === undefined || cell === null || typeof cell === 'object')
    throw new Error(`"${row.is}": ${column} tells no row apart`)
  return String(cell)
}

export function identityOf(layout: Layout): readonly string[] {
  return layout.identity ?? layout.key
}
