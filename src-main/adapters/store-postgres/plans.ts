import { RedriveError } from '../../domain/errors.ts'
import type { PlanItem } from '../../domain/plan.ts'
import type { JobStore, PlanDraft } from '../../ports/job-store.ts'
import { INCOMPLETE_AGE_MS_MAX, nameTaken, planItemOf, planOf } from '../store-rows/plan-row.ts'
import type { PlanItemRow, PlanRow } from '../store-rows/plan-row.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'

export const PLAN_ITEM_COLUMNS = `p.seq, p.id, p.version, p.message_id, p.state, p.attempts, p.type, p.chain_key,
  p.exchange, p.routing_key, p.payload_digest, p.payload, p.created_at`

export type PlanStore = Pick<JobStore, 'beginPlan' | 'plan' | 'planItems'>

/** Writes items of a plan within a transaction. A second time changes nothing. */
export async function writePlanItems(
  queries: Queries,
  planKey: number,
  items: readonly PlanItem[],
): Promise<void> {
  if (items.length === 0) return
  await queries.run(
    `INSERT INTO plan_items (plan_key, seq, id, version, message_id, state, attempts, type, chain_key, exchange,
       routing_key, payload_digest, payload, created_at)
     SELECT $1::bigint, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
     ON CONFLICT (plan_key, seq) DO NOTHING`,
    planKey,
    items.map(({ seq }) => seq),
    items.map(({ id }) => id),
    items.map(({ version }) => version),
    items.map(({ messageId }) => messageId),
    items.map(({ state }) => state),
    items.map(({ attempts }) => attempts),
    items.map(({ type }) => type),
    items.map(({ chainKey }) => chainKey),
    items.map(({ destination }) => destination.exchange),
    items.map(({ destination }) => destination.routingKey),
    items.map(({ payloadDigest }) => payloadDigest),
    items.map(({ payload }) => payload),
    items.map(({ createdAt }) => createdAt),
  )
}

function findPlan(queries: Queries, plan: string): Promise<(PlanRow & { planKey: number }) | undefined> {
  return queries.get(
    'SELECT plan_key, digest, items_digest, header, items FROM plans WHERE plan = $1 AND complete = 1',
    plan,
  )
}

/**
 * A plan may have a million items, so they are written as they come, under a plan that nobody can see and without the
 * store's lock. The last transaction makes it visible and journals it.
 */
export function openPlans(ledger: Ledger): PlanStore {
  function draft(plan: string, planKey: number): PlanDraft {
    return {
      add: (items) => ledger.prepare((queries) => writePlanItems(queries, planKey, items)),
      finish: async ({ items, itemsDigest, digest, ...header }, entry) => {
        const { source, broker } = header
        await ledger.transact(async (scope) => {
          if (await findPlan(scope, header.plan)) throw nameTaken(header.plan)
          const completed = await scope.run(
            `UPDATE plans SET digest = $1, items_digest = $2, source = $3, broker = $4, header = $5, items = $6,
               complete = 1
             WHERE plan_key = $7 AND complete = 0`,
            ...[digest, itemsDigest, source, broker, JSON.stringify(header), items, planKey],
          )
          // It took so long that another console took it for one that nobody finishes.
          if (completed !== 1) throw new RedriveError('plan-not-found', 'never', { plan })
          scope.record(entry)
        })
      },
      discard: async () => {
        await ledger.prepare((queries) =>
          queries.run('DELETE FROM plans WHERE plan_key = $1 AND complete = 0', planKey),
        )
      },
    }
  }

  return {
    beginPlan: async (plan) => {
      if (await ledger.look((queries) => findPlan(queries, plan))) throw nameTaken(plan)
      const begun = await ledger.prepare((queries) =>
        queries.get<{ planKey: number }>(
          'INSERT INTO plans (plan, complete, begun_at) VALUES ($1, 0, $2) RETURNING plan_key',
          plan,
          queries.at,
        ),
      )
      return draft(plan, begun?.planKey ?? 0)
    },
    plan: async (id) => {
      const row = await ledger.look((queries) => findPlan(queries, id))
      return row ? planOf(row) : null
    },
    planItems: (id, afterSeq, limit) =>
      ledger.look(async (queries) => {
        const row = await findPlan(queries, id)
        if (!row) throw new RedriveError('plan-not-found', 'never', { plan: id })
        const items = await queries.all<PlanItemRow>(
          `SELECT ${PLAN_ITEM_COLUMNS} FROM plan_items p WHERE p.plan_key = $1 AND p.seq > $2 ORDER BY p.seq LIMIT $3`,
          row.planKey,
          afterSeq,
          limit,
        )
        return items.map(planItemOf)
      }),
  }
}

/** Drafts of processes that died. */
export async function discardOldDrafts(ledger: Ledger): Promise<void> {
  await ledger.prepare((queries) =>
    queries.run(
      'DELETE FROM plans WHERE complete = 0 AND begun_at < $1',
      new Date(Date.parse(queries.at) - INCOMPLETE_AGE_MS_MAX).toISOString(),
    ),
  )
}
