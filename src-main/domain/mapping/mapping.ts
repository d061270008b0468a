import type { MessageState } from '../message.ts'
import type { Field, MappingAssignments, MappingPredicate, Seconds, Value } from './values.ts'

/**
 * How a column is written, where its type does not say it. A `timestamptz` and a boolean type need nothing.
 *
 * `time`: `instant` (with zone), `local` (without zone, in `zone`), `utc` (without zone, UTC), `epoch-s`, `epoch-ms`,
 * `iso` (ISO 8601 as text), `date` (in `zone`, or UTC). `none` lists values that mean "no time".
 * `truth`: what stands for true and for false: `["YES", "NO"]`, `[1, 0]`.
 */
export type ColumnForm =
  | {
      readonly time: TimeForm
      /** IANA name, Asia/Shanghai; or the setting that holds it. */
      readonly zone?: string | { readonly setting: string }
      readonly none?: readonly (string | number)[]
    }
  | { readonly truth: readonly [string | number, string | number] }

export const timeForms = ['instant', 'local', 'utc', 'epoch-s', 'epoch-ms', 'iso', 'date'] as const
export type TimeForm = (typeof timeForms)[number]

export const timeNames = ['created', 'updated', 'sent', 'failed', 'nextAttempt', 'expires', 'purge'] as const
export type TimeName = (typeof timeNames)[number]

/** A column; or one that is this time only in the rows for which the condition holds. */
export type TimeField = string | { readonly column: string; readonly when: MappingPredicate }

export type ColumnForms = Readonly<Record<string, ColumnForm>>

/** Another table, or the same one, that knows something of a row. In `on`, `column` is its own and `row` the outbox's. */
export interface Companion {
  /** `table` or `schema.table`; without a schema in that of the outbox. Absent: the outbox's own table. */
  readonly table?: string
  readonly on: MappingPredicate
  readonly columns?: ColumnForms
}

export const encodings = ['json', 'text', 'base64', 'bytea', 'opaque'] as const
export type Encoding = (typeof encodings)[number]

export const relayModels = ['poller', 'cdc', 'in-process', 'redelivery', 'external-api', 'none'] as const
export type RelayModel = (typeof relayModels)[number]

/** Why an action is not offered, and what to do instead. */
export interface Refusal {
  readonly reason: string
  readonly instead: string
}

export const refusable = ['resend', 'retry', 'resolve', 'edit'] as const
/** `check-back`: deciding half messages, of which most layouts have none. */
export const refusedByName = [...refusable, 'check-back'] as const
export type Refusable = (typeof refusable)[number]
export type RefusedByName = (typeof refusedByName)[number]

/**
 * What one action writes to one row. It is done by compare-and-set on the row that the operator saw, in one of the
 * states `from` (absent: any from which a person may act) and only where `guard` holds; exactly one row.
 */
export interface ActionProfile {
  readonly from?: readonly MessageState[]
  readonly guard?: MappingPredicate
  /** `update` is meant where it is absent. `insert-copy` leaves the row alone and stores a copy with `set` in it. */
  readonly does?: 'update' | 'delete' | 'insert-copy'
  readonly set?: MappingAssignments
  /** Columns that must not be among `set`; said here so that an edit of the mapping cannot forget it. */
  readonly never?: readonly string[]
  /** What the operator has to do, or to know, besides. */
  readonly note?: string
}

/**
 * How Redrive itself takes a row, publishes it and marks it. Only where the layout has a column for the claim's token.
 * `claim` takes a row for one publish and counts the attempt. `confirm`, `fail` and `release` end the claim and hold
 * only while the row still carries its token; `release` gives a row that was never published back to the state it had.
 * `retry` ends the claim too: the row waits until its next attempt, which is `delay` from now.
 */
export interface ResendProfile {
  /** The column that carries the claim's token, so that a claim is recognised after a crash. */
  readonly tokenColumn: string
  readonly claim: MappingAssignments
  readonly confirm: MappingAssignments
  readonly fail: MappingAssignments
  readonly retry: MappingAssignments
  readonly release: readonly { readonly from: readonly MessageState[]; readonly set: MappingAssignments }[]
}

/**
 * How the decision about a half message is carried out: a row in `waiting-confirm`, which its producer has stored before its
 * own business is done. By compare-and-set on the row that was seen, only in that state and only where `guard` holds; exactly
 * one row. `commit` makes it sendable, for a sweep or for the services' own relay; `rollback` marks or removes it.
 */
export interface HalfMessages {
  readonly commit: HalfAction
  readonly rollback: HalfAction
  /** Where the layout counts how often the producer was asked; absent: Redrive counts by itself. */
  readonly checks?: { readonly value: Field; readonly set: MappingAssignments }
}

export type HalfAction = Omit<ActionProfile, 'from' | 'does'> & { readonly does?: 'update' | 'delete' }

export const halfActions = ['commit', 'rollback', 'check'] as const
export type HalfActionName = (typeof halfActions)[number]

export interface EvidenceProfile {
  /** In the same database; absent: `elsewhere` says where. */
  readonly companion?: string
  readonly elsewhere?: string
  /** Within the companion: this row was processed. Absent: that it exists is the proof. */
  readonly processed?: MappingPredicate
  /** Column of the companion with the time of consumption. */
  readonly processedAt?: string
  /** Seconds for which a proof is kept; null: nothing removes it. Absent: nobody knows. */
  readonly retentionSec?: number | null
}

export const stagedLayouts = ['hash', 'json', 'fields', 'stream', 'sorted-set'] as const

/**
 * How messages are kept in Redis until they are sent. A message's fields are the columns of the mapping: those of its hash or
 * of its entry, or the members of its JSON document. Besides there are `@id`, `@value` (the whole text), `@time` (of an entry
 * of a stream) and `@score`. What the source names as its table is the key, or the pattern of the keys.
 *
 * - `hash`: a hash for each message, `order:staged:*`
 * - `json`: a JSON text for each message, `order:staged:*`
 * - `fields`: one hash with a field for each message, JSON
 * - `stream`: an entry for each message
 * - `sorted-set`: a member for each message, by time; the member is the JSON text, or names the key that holds the message
 *
 * No field is written: Redrive keeps its claims and attempts beside the messages.
 */
export interface StagedForm {
  readonly layout: (typeof stagedLayouts)[number]
  /** Of a sorted set: the key with the message of a member, `staged:{member}`. Absent: the member is the message. */
  readonly payloadKey?: string
  /** Absent: `hash`. */
  readonly payloadAs?: 'hash' | 'json'
  /** `remove` is meant where it is absent: that is how the services themselves say that a message was sent. */
  readonly onConfirm?: 'remove' | 'keep'
}

/**
 * How one table, or several, are an outbox: data that a person can read and edit. Columns are named as in the catalogue,
 * unquoted. What is absent the layout does not have; nothing is made up for it. See values.ts for what a field or a
 * condition can say; `adapters/profiles/*.json` are examples, and test/unit/mapping-examples.ts has one of each kind.
 */
export interface Mapping {
  readonly profile: string
  readonly about?: string
  /** The messages are in Redis; no `resend`, `retry` or `resolve` is said then, because no field is written. */
  readonly staged?: StagedForm
  /** More tables of the same shape beside the one that the source names: each row of any of them is a message. */
  readonly tables?: { readonly also: readonly string[] } | { readonly like: string }
  /** One column or several that identify a row; `none`: the table has no key, these at best tell its rows apart. */
  readonly key: string | readonly string[] | { readonly none: readonly string[] }
  readonly messageId: Field
  readonly type?: Field
  readonly chain?: { readonly key: Field; readonly sequence?: Field; readonly previousId?: Field }
  readonly destination?: {
    readonly kind?: 'rabbitmq' | 'kafka' | 'http' | 'other'
    /** Exchange, topic, queue or address. */
    readonly exchange?: Field
    readonly routingKey?: Field
    readonly partitionKey?: Field
  }
  readonly payload?: {
    readonly value: Field
    readonly encoding: Encoding
    /** Why a person must not change it. Absent: it may be edited. */
    readonly fixed?: string
    /** How many messages the row holds, where that may be more than one. */
    readonly messages?: Value
  }
  /** A JSON object, or two arrays side by side. */
  readonly headers?: { readonly value: Field } | { readonly names: Field; readonly values: Field }
  /** Their forms are in `columns`. */
  readonly times: Readonly<Partial<Record<TimeName, TimeField>>>
  readonly attempts?: {
    readonly value: Field
    /** What it says before the first attempt. */
    readonly startsAt?: number
    /** Attempts after which nobody tries again. Absent: what the source's configuration says. */
    readonly limit?: number | Field
  }
  readonly lastError?: Field
  /** `held`: somebody works on the row now, so no one else may. */
  readonly lease?: { readonly holder?: Field; readonly until?: string; readonly held: MappingPredicate }
  /** Only these rows belong to the outbox. */
  readonly scope?: MappingPredicate
  /** Rows for which it holds are gone, although they are still there. */
  readonly deleted?: MappingPredicate
  /** Ordered; the first predicate that holds gives the state, none gives `unknown`. */
  readonly states: readonly { readonly state: MessageState; readonly when: MappingPredicate }[]
  /** Rows that are not finished: an index on just these makes every list fast. */
  readonly open?: MappingPredicate
  readonly sentRows: 'kept' | 'deleted' | 'unknown' | { readonly archivedIn: string }
  readonly relay: {
    readonly model: RelayModel
    /** States from which it takes a row. Absent: pending, retrying and scheduled. */
    readonly takes?: readonly MessageState[]
    /** The relay leaves younger rows alone. */
    readonly ignoresYoungerThanSec?: Seconds
    /** What one message holds up when it is not sent. */
    readonly headOfLine?: { readonly unit: readonly Field[]; readonly failedBlocks: boolean }
    readonly note?: string
  }
  /** Constants of the services' configuration that the table does not tell. A source may set them otherwise. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly columns?: ColumnForms
  readonly companions?: Readonly<Record<string, Companion>>
  readonly resend?: ResendProfile
  /** Hands the row back to the services' own relay. */
  readonly retry?: ActionProfile
  /** Says that no delivery is needed, so that nobody sends it, it can be purged and its chain goes on. */
  readonly resolve?: ActionProfile
  readonly halfMessages?: HalfMessages
  readonly evidence?: EvidenceProfile
  readonly refuse?: Readonly<Partial<Record<RefusedByName, Refusal>>>
}
