import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import type { MappingAssignments } from '../../src-main/domain/mapping/values.ts'
import { actionableStates } from '../../src-main/domain/message.ts'
import type { Destination, MessageState, MessageWithContent, Trouble } from '../../src-main/domain/message.ts'
import { plainMapping, plainValue } from './plain-mapping.ts'
import type { PlainMapping, PlainPredicate, PlainValue } from './plain-mapping.ts'

/** Text and numbers as they are; times as milliseconds since 1970, infinity as Infinity. */
export type Cell = string | number | null
export type Columns = Readonly<Record<string, Cell>>

export interface SimRow {
  readonly id: string
  /** Another one after each write, as xmin. */
  readonly version: string
  readonly columns: Columns
}

export interface TableLimits {
  readonly stuckAfterSec: number
  readonly attemptsMax: number
}

export interface RowWrite {
  readonly by: string
  readonly action: string
  readonly before: SimRow
  readonly after: SimRow
}

/** The reference layout has all of it. */
export type SimMessage = MessageWithContent & {
  readonly attempts: number
  readonly destination: Destination
  readonly createdAt: string
}

/** What `{ is: … }` stands for while one statement runs. */
export interface Bound {
  readonly token?: string
  readonly reason?: string | null
  readonly delaySec?: number
}

/**
 * An outbox table that understands a mapping the way the SQL does: ordered predicates, three-valued logic, assignments.
 * Every write changes the version and is told to `onWrite`.
 */
export class SimTable {
  readonly mapping: PlainMapping
  readonly limits: TableLimits
  readonly #nowMs: () => number
  readonly #rows = new Map<string, SimRow>()
  readonly #locked = new Set<string>()
  readonly #onWrite: (write: RowWrite) => void
  #lastId = 0
  #lastVersion = 700

  constructor(options: {
    readonly mapping: Mapping
    readonly limits: TableLimits
    readonly nowMs: () => number
    readonly onWrite?: (write: RowWrite) => void
  }) {
    this.mapping = plainMapping(options.mapping)
    this.limits = options.limits
    this.#nowMs = options.nowMs
    this.#onWrite = options.onWrite ?? (() => undefined)
  }

  nowMs(): number {
    return this.#nowMs()
  }

  insert(columns: Columns): SimRow {
    const id = String(++this.#lastId)
    const row = { id, version: this.#nextVersion(), columns: { ...columns, [this.mapping.key]: id } }
    this.#rows.set(id, row)
    return row
  }

  row(id: string): SimRow | undefined {
    return this.#rows.get(id)
  }

  /** In the order of the key. */
  rows(): readonly SimRow[] {
    return [...this.#rows.values()]
  }

  /** Writes columns as any other process would. */
  write(row: SimRow, columns: Columns, who: { readonly by: string; readonly action: string }): SimRow {
    const after = { id: row.id, version: this.#nextVersion(), columns: { ...row.columns, ...columns } }
    this.#rows.set(row.id, after)
    this.#onWrite({ ...who, before: row, after })
    return after
  }

  /** Writes what an action of the mapping assigns. */
  assign(
    row: SimRow,
    set: MappingAssignments,
    bound: Bound,
    who: { readonly by: string; readonly action: string },
  ): SimRow {
    return this.write(row, this.assigned(row, set, bound), who)
  }

  assigned(row: SimRow, set: MappingAssignments, bound: Bound): Columns {
    return Object.fromEntries(
      Object.entries(set).map(([column, value]) => [column, this.#value(plainValue(value), row, bound)]),
    )
  }

  /** Held by somebody's open transaction. Returns the way to end it. */
  lock(ids: readonly string[]): () => void {
    for (const id of ids) this.#locked.add(id)
    return () => {
      for (const id of ids) this.#locked.delete(id)
    }
  }

  isLocked(id: string): boolean {
    return this.#locked.has(id)
  }

  state(row: SimRow): MessageState {
    return this.mapping.states.find(({ when }) => this.#holds(when, row) === true)?.state ?? 'unknown'
  }

  isActionable(row: SimRow): boolean {
    return actionableStates.has(this.state(row))
  }

  trouble(row: SimRow): Trouble | null {
    const state = this.state(row)
    const usedUp = Number(row.columns[this.mapping.attempts] ?? 0) >= this.limits.attemptsMax
    const waits = state === 'pending' || state === 'retrying'
    if (state === 'failed' || (waits && usedUp)) return 'failed'
    const dueMs = this.#dueMs(row, state)
    return dueMs !== null && dueMs < this.#nowMs() - this.limits.stuckAfterSec * 1_000 ? 'stuck' : null
  }

  message(row: SimRow): SimMessage {
    const { mapping, limits } = this
    const text = (column: string): string => String(row.columns[column] ?? '')
    const orNull = (column: string): string | null =>
      (row.columns[column] ?? null) === null ? null : text(column)
    const chainKey = orNull(mapping.chain.key)
    return {
      id: row.id,
      version: row.version,
      messageId: text(mapping.messageId),
      state: this.state(row),
      trouble: this.trouble(row),
      attempts: Number(row.columns[mapping.attempts] ?? 0),
      attemptsMax: limits.attemptsMax,
      type: orNull(mapping.type),
      destination: {
        exchange: text(mapping.destination.exchange),
        routingKey: text(mapping.destination.routingKey),
      },
      chain: chainKey === null ? null : { key: chainKey, previousId: orNull(mapping.chain.previousId) },
      createdAt: isoTime(row.columns[mapping.times.created]) ?? '',
      updatedAt: isoTime(row.columns[mapping.times.updated]),
      nextAttemptAt: isoTime(row.columns[mapping.times.nextAttempt]),
      lastError: orNull(mapping.lastError),
      content: { payload: text(mapping.payload), headers: orNull(mapping.headers) },
    }
  }

  /** When the row was due, by the state it is in; null where it waits for nobody. */
  #dueMs({ columns }: SimRow, state: MessageState): number | null {
    const { created, updated, nextAttempt } = this.mapping.times
    const touched = Number(columns[updated] ?? columns[created] ?? 0)
    const next = columns[nextAttempt] ?? null
    switch (state) {
      case 'in-flight':
        return touched
      case 'scheduled':
        return next === null ? null : Number(next)
      case 'pending':
      case 'retrying':
        return next === null ? touched : Math.max(touched, Number(next))
      default:
        return null
    }
  }

  /** Null: unknown, as SQL has it where a null is compared. */
  #holds(of: PlainPredicate, row: SimRow): boolean | null {
    if ('all' in of) return every(of.all.map((part) => this.#holds(part, row)))
    if ('any' in of) return negate(every(of.any.map((part) => negate(this.#holds(part, row)))))
    if ('not' in of) return negate(this.#holds(of.not, row))
    const cell = row.columns[of.column] ?? null
    if ('isNull' in of) return (cell === null) === of.isNull
    if ('equals' in of && of.equals === null) return cell === null
    if (cell === null) return null
    if ('in' in of) return of.in.some((one) => String(one) === String(cell))
    if ('above' in of) return Number(cell) > Number(this.#value(of.above, row, {}))
    return String(cell) === String(this.#value(of.equals, row, {}))
  }

  #value(value: PlainValue, row: SimRow, bound: Bound): Cell {
    if (value === null || typeof value === 'string' || typeof value === 'number') return value
    if (typeof value === 'boolean') return String(value)
    if ('column' in value) return Number(row.columns[value.column] ?? 0) + (value.plus ?? 0)
    switch (value.is) {
      case 'now':
        return this.#nowMs()
      case 'infinity':
        return Infinity
      case 'token':
        return bound.token ?? null
      case 'reason':
        return bound.reason ?? null
      case 'delay':
        return this.#nowMs() + (bound.delaySec ?? 0) * 1_000
    }
  }

  #nextVersion(): string {
    return String(++this.#lastVersion)
  }
}

function negate(value: boolean | null): boolean | null {
  return value === null ? null : !value
}

function every(values: readonly (boolean | null)[]): boolean | null {
  if (values.includes(false)) return false
  return values.includes(null) ? null : true
}

function isoTime(cell: Cell | undefined): string | null {
  return typeof cell === 'number' && Number.isFinite(cell) ? new Date(cell).toISOString() : null
}
