import Database from 'better-sqlite3'
import { RedriveError } from '../../domain/errors.ts'
import type { PlanItem } from '../../domain/plan.ts'
import type { JobStore, PlanDraft } from '../../ports/job-store.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { INCOMPLETE_AGE_MS_MAX, nameTaken, planItemOf, planOf } from '../store-rows/plan-row.ts'
import type { PlanItemRow, PlanRow } from '../store-rows/plan-row.ts'
import { breathe } from './database.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

export const PLAN_ITEM_COLUMNS = `p.seq, p.id, p.version, p.message_id AS messageId, p.state, p.attempts, p.type,
  p.chain_key AS chainKey, p.exchange, p.routing_key AS routingKey, p.payload_digest AS payloadDigest, p.payload,
  p.created_at AS createdAt`

export type PlanStore = Pick<JobStore, 'beginPlan' | 'plan' | 'planItems'>

/** Writes items of a plan within a transaction. */
export type PlanItemWriter = (planKey: number, items: readonly PlanItem[]) => void

export function openPlanItemWriter(db: Sqlite): PlanItemWriter {
  const insert = db.prepare<unknown[]>(
    `INSERT INTO plan_items (plan_key, seq, id, version, message_id, state, attempts, type, chain_key, exchange,
       routing_key, payload_digest, payload, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return (planKey, items) => {
    for (const item of items) {
      const { seq, id, version, messageId, state, attempts, type, chainKey, destination } = item
      const { exchange, routingKey } = destination
      const place = [planKey, seq, id, version, messageId, state, attempts, type, chainKey]
      insert.run(...place, exchange, routingKey, item.payloadDigest, item.payload, item.createdAt)
    }
  }
}

/**
 * A plan may have a million items, so they are written as they come, under a plan that nobody can see. The last
 * transaction makes it visible and journals it.
 */
export function openPlans(db: Sqlite, ledger: Ledger, clock: Clock): PlanStore {
  const { begin, complete, discard, discardBegunBefore, anyBegunBefore, find, itemsAfter } = prepare(db)
  const writeItems = openPlanItemWriter(db)

  const tooOld = new Date(clock.now().getTime() - INCOMPLETE_AGE_MS_MAX).toISOString()
  // Looked for first: opening a store must not change it without need.
  if (ledger.look(() => anyBegunBefore.get(tooOld))) {
    ledger.transact(() => {
      discardBegunBefore.run(tooOld)
    })
  }

  function draft(planKey: number): PlanDraft {
    return {
      add: async (items) => {
        ledger.transact(() => {
          writeItems(planKey, items)
        })
        await breathe()
      },
      finish: async ({ items, itemsDigest, digest, ...header }, entry) => {
        const { plan, source, broker } = header
        try {
          ledger.transact(({ record }) => {
            complete.run(digest, itemsDigest, source, broker, JSON.stringify(header), items, planKey)
            record(entry)
          })
        } catch (error) {
          throw isDuplicate(error) ? nameTaken(plan) : error
        }
      },
      discard: async () => {
        ledger.transact(() => {
          discard.run(planKey)
        })
      },
    }
  }

  return {
    beginPlan: async (plan) => {
      if (ledger.look(() => find.get(plan))) throw nameTaken(plan)
      return draft(ledger.transact(({ at }) => Number(begin.run(plan, at).lastInsertRowid)))
    },
    plan: async (id) =>
      ledger.look(() => {
        const row = find.get(id)
        return row ? planOf(row) : null
      }),
    async planItems(id, afterSeq, limit) {
      await breathe()
      return ledger.look(() => {
        const row = find.get(id)
        if (!row) throw new RedriveError('plan-not-found', 'never', { plan: id })
        return itemsAfter.all(row.planKey, afterSeq, limit).map(planItemOf)
      })
    },
  }
}

function isDuplicate(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof Database.SqliteError && cause.code === 'SQLITE_CONSTRAINT_UNIQUE'
}

function prepare(db: Sqlite) {
  return {
    begin: db.prepare<[string, string]>('INSERT INTO plans (plan, complete, begun_at) VALUES (?, 0, ?)'),
    complete: db.prepare<unknown[]>(
      `UPDATE plans SET digest = ?, items_digest = ?, source = ?, broker = ?, header = ?, items = ?, complete = 1
       WHERE plan_key = ?`,
    ),
    discard: db.prepare<[number]>('DELETE FROM plans WHERE plan_key = ? AND complete = 0'),
    discardBegunBefore: db.prepare<[string]>('DELETE FROM plans WHERE complete = 0 AND begun_at < ?'),
    anyBegunBefore: db.prepare<[string]>('SELECT 1 FROM plans WHERE complete = 0 AND begun_at < ? LIMIT 1'),
    find: db.prepare<[string], PlanRow>(
      `SELECT plan_key AS planKey, digest, items_digest AS itemsDigest, header, items FROM plans
       WHERE plan = ? AND complete = 1`,
    ),
    itemsAfter: db.prepare<[number, number, number], PlanItemRow>(
      `SELECT ${PLAN_ITEM_COLUMNS} FROM plan_items p WHERE p.plan_key = ? AND p.seq > ? ORDER BY p.seq LIMIT ?`,
    ),
  }
}
