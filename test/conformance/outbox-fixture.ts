import { expect } from 'vitest'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { MessageState } from '../../src-main/domain/message.ts'
import type { ListQuery, MessageFilter, Outbox } from '../../src-main/ports/outbox.ts'

/** A row to begin with, in the words of the domain. Times count from now. */
export interface SeedRow {
  readonly state: Exclude<MessageState, 'unknown' | 'consumed' | 'expired' | 'waiting-confirm'>
  readonly attempts?: number
  readonly messageId?: string
  readonly type?: string
  readonly error?: string
  readonly exchange?: string
  readonly routingKey?: string
  readonly chainKey?: string
  readonly createdSecAgo?: number
  /** Absent: never updated. */
  readonly updatedSecAgo?: number
  /** Next attempt; negative: it is overdue. */
  readonly dueInSec?: number
  /** JSON text. */
  readonly payload?: string
  readonly headers?: string
}

export interface OutboxFixture {
  readonly outbox: Outbox
  /** Adds rows in this order; their ids grow. */
  readonly add: (rows: readonly SeedRow[]) => Promise<string[]>
  /** Changes a row as another process would, state and all else kept: its version is another one afterwards. */
  readonly touch: (id: string) => Promise<void>
  /** Another process marks the row as sent and changes nothing else. */
  readonly sendElsewhere: (id: string) => Promise<void>
  /** Another process holds these rows in an open transaction; ends it as it is told. */
  readonly lockElsewhere: (ids: readonly string[]) => Promise<{ readonly release: () => Promise<void> }>
  /** The same outbox as a second console has it. */
  readonly another: () => Promise<Outbox>
}

export interface FixtureOptions {
  readonly stuckAfterSec: number
  readonly attemptsMax: number
}

export const OPTIONS: FixtureOptions = { stuckAfterSec: 60, attemptsMax: 3 }
export const BUDGET_MS = 10_000
export const LONG_AGO_SEC = 3_600

/** What a kind of source can do at all. What it cannot is tested beside its own suite: that it is refused, and how. */
export interface Abilities {
  /** Another process can hold single rows. */
  readonly rowLocks: boolean
  /** A sweep can take a chain in sequence. */
  readonly chains: boolean
}
export const EVERYTHING: Abilities = { rowLocks: true, chains: true }

export type Make = (options: FixtureOptions) => Promise<OutboxFixture>

export function signal(): AbortSignal {
  return AbortSignal.timeout(20_000)
}

export function query(filter: MessageFilter, more: Partial<ListQuery> = {}): ListQuery {
  return { filter, order: 'oldest', cursor: null, limit: 100, budgetMs: BUDGET_MS, ...more }
}

export async function idsOf(outbox: Outbox, filter: MessageFilter): Promise<string[]> {
  const page = await outbox.list(query(filter), signal())
  expect(page.scope).toEqual({ complete: true })
  expect(page.nextCursor).toBeNull()
  return page.messages.map((message) => message.id)
}

export async function message(outbox: Outbox, id: string) {
  const [found] = await outbox.read([id], signal())
  return found!
}

export async function versions(outbox: Outbox, ids: readonly string[]) {
  const rows = await outbox.read(ids, signal())
  return rows.map(({ id, version }) => ({ id, version }))
}

export async function codeOf(running: Promise<unknown>): Promise<string> {
  const error = await running.then(
    () => expect.fail('it should have been refused'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RedriveError)
  return (error as RedriveError).code
}

export const EVERY_STATE: readonly SeedRow[] = [
  { state: 'pending' },
  { state: 'scheduled', dueInSec: 600 },
  { state: 'in-flight', attempts: 1 },
  { state: 'retrying', attempts: 1 },
  { state: 'sent', attempts: 1 },
  { state: 'failed', attempts: 3 },
  { state: 'discarded', attempts: 3 },
]
