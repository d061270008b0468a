import Database from 'better-sqlite3'
import { RedriveError } from '../../domain/errors.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { MessageState } from '../../domain/message.ts'
import type { Plan, PlanHeader, PlanItem } from '../../domain/plan.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { breathe } from './database.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

/** Items written or read before other work of the process gets its turn. */
const SLICE_ITEMS = 5_000
/** A plan that was still incomplete after this long belongs to a process that died. */
const INCOMPLETE_AGE_MS_MAX = 24 * 60 * 60 * 1_000

export interface PlanItemRow {
  readonly seq: number
  readonly id: string
  readonly version: string
  readonly messageId: string
  readonly state: MessageState
  readonly attempts: number
  readonly type: string | null
  readonly chainKey: string | null
  readonly exchange: string
  readonly routingKey: string
  readonly payloadDigest: string
  readonly createdAt: string
}

export const PLAN_ITEM_COLUMNS = `p.seq, p.id, p.version, p.message_id AS messageId, p.state, p.attempts, p.type,
  p.chain_key AS chainKey, p.exchange, p.routing_key AS routingKey, p.payload_digest AS payloadDigest,
  p.created_at AS createdAt`

export function planItemOf(row: PlanItemRow): PlanItem {
  const { seq, id, version, messageId, state, attempts, type, chainKey, payloadDigest, createdAt } = row
  const destination = { exchange: row.exchange, routingKey: row.routingKey }
  return {
    seq,
    id,
    version,
    messageId,
    state,
    attempts,
    type,
    chainKey,
    destination,
    payloadDigest,
    createdAt,
  }
}

export interface PlanStore {
  savePlan(plan: Plan, entry: JournalDraft): Promise<void>
  plan(id: string): Promise<Plan | null>
}

interface PlanRow {
  readonly planKey: number
  readonly digest: string
  readonly header: string
}

/**
 * A plan of 100,000 items would hold the process up for most of a second, so its items are written in slices under a
 * plan that nobody can see. The last transaction makes it visible and journals it.
 */
export function openPlans(db: Sqlite, ledger: Ledger, clock: Clock): PlanStore {
  const { begin, addItem, complete, discard, discardBegunBefore, anyBegunBefore, find, itemsAfter } =
    prepare(db)

  function addItems(planKey: number, items: readonly PlanItem[]): void {
    for (const item of items) {
      const { seq, id, version, messageId, state, attempts, type, chainKey, destination } = item
      const { exchange, routingKey } = destination
      const place = [planKey, seq, id, version, messageId, state, attempts, type, chainKey]
      addItem.run(...place, exchange, routingKey, item.payloadDigest, item.createdAt)
    }
  }

  function beginPlan({ items, digest, ...header }: Plan): number {
    const { plan, source, broker } = header
    return ledger.transact(({ at }) => {
      const row = begin.run(plan, digest, source, broker, JSON.stringify(header), items.length, at)
      return Number(row.lastInsertRowid)
    })
  }

  async function addAllItems(planKey: number, items: readonly PlanItem[]): Promise<void> {
    for (let from = 0; from < items.length; from += SLICE_ITEMS) {
      ledger.transact(() => {
        addItems(planKey, items.slice(from, from + SLICE_ITEMS))
      })
      await breathe()
    }
  }

  const tooOld = new Date(clock.now().getTime() - INCOMPLETE_AGE_MS_MAX).toISOString()
  // Looked for first: opening a store must not change it without need.
  if (ledger.look(() => anyBegunBefore.get(tooOld))) {
    ledger.transact(() => {
      discardBegunBefore.run(tooOld)
    })
  }
  return {
    async savePlan(plan, entry) {
      const taken = (): RedriveError => new RedriveError('name-in-use', 'never', { name: plan.plan })
      if (ledger.look(() => find.get(plan.plan))) throw taken()
      const planKey = beginPlan(plan)
      try {
        await addAllItems(planKey, plan.items)
        ledger.transact(({ record }) => {
          complete.run(planKey)
          record(entry)
        })
      } catch (error) {
        ledger.transact(() => {
          discard.run(planKey)
        })
        throw isDuplicate(error) ? taken() : error
      }
    },
    async plan(id) {
      const row = ledger.look(() => find.get(id))
      if (!row) return null
      const items: PlanItem[] = []
      for (;;) {
        const after = items.at(-1)?.seq ?? Number.MIN_SAFE_INTEGER
        const slice = ledger.look(() => itemsAfter.all(row.planKey, after, SLICE_ITEMS))
        for (const item of slice) items.push(planItemOf(item))
        if (slice.length < SLICE_ITEMS) break
        await breathe()
      }
      const header = ledger.look(() => JSON.parse(row.header) as PlanHeader)
      return { ...header, items, digest: row.digest }
    },
  }
}

function isDuplicate(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof Database.SqliteError && cause.code === 'SQLITE_CONSTRAINT_UNIQUE'
}

function prepare(db: Sqlite) {
  return {
    begin: db.prepare<unknown[]>(
      `INSERT INTO plans (plan, digest, source, broker, header, items, complete, begun_at)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?)`,
    ),
    addItem: db.prepare<unknown[]>(
      `INSERT INTO plan_items (plan_key, seq, id, version, message_id, state, attempts, type, chain_key, exchange,
         routing_key, payload_digest, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    complete: db.prepare<[number]>('UPDATE plans SET complete = 1 WHERE plan_key = ?'),
    discard: db.prepare<[number]>('DELETE FROM plans WHERE plan_key = ? AND complete = 0'),
    discardBegunBefore: db.prepare<[string]>('DELETE FROM plans WHERE complete = 0 AND begun_at < ?'),
    anyBegunBefore: db.prepare<[string]>('SELECT 1 FROM plans WHERE complete = 0 AND begun_at < ? LIMIT 1'),
    find: db.prepare<[string], PlanRow>(
      'SELECT plan_key AS planKey, digest, header FROM plans WHERE plan = ? AND complete = 1',
    ),
    itemsAfter: db.prepare<[number, number, number], PlanItemRow>(
      `SELECT ${PLAN_ITEM_COLUMNS} FROM plan_items p WHERE p.plan_key = ? AND p.seq > ? ORDER BY p.seq LIMIT ?`,
    ),
  }
}
