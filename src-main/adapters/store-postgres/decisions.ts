import { RedriveError } from '../../domain/errors.ts'
import { decisionMayMove } from '../../domain/decision.ts'
import type { Decision, DecisionState } from '../../domain/decision.ts'
import type { DecisionStore } from '../../ports/job-store.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'

type Move = Parameters<DecisionStore['moveDecisions']>[0][number]

const SELECT_DECISION = `
  SELECT decision, source, id, message_id, operator, reason, at, state, state_before, version, applied_version, before
  FROM decisions`

const findDecision = (queries: Queries, id: string): Promise<Decision | undefined> =>
  queries.get<Decision>(`${SELECT_DECISION} WHERE decision = $1`, id)

async function insert(queries: Queries, decision: Decision): Promise<void> {
  const { source, id, messageId, operator, reason, at, stateBefore, version, appliedVersion, before } =
    decision
  await queries.run(
    `INSERT INTO decisions (decision, source, id, message_id, operator, reason, at, state, state_before, version,
       applied_version, before)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'intended', $8, $9, $10, $11)`,
    ...[decision.decision, source, id, messageId, operator, reason, at],
    ...[stateBefore, version, appliedVersion, before],
  )
}

async function move(queries: Queries, { decision, from, to, appliedVersion, before }: Move): Promise<void> {
  const forbidden = (state: DecisionState): RedriveError =>
    new RedriveError('job-state-forbids', 'never', { job: decision, state, wanted: to })
  if (!decisionMayMove(from, to)) throw forbidden(from)
  const changed = await queries.run(
    `UPDATE decisions SET state = $1, applied_version = coalesce($2, applied_version), before = coalesce($3, before)
     WHERE decision = $4 AND state = $5`,
    ...[to, appliedVersion ?? null, before ?? null, decision, from],
  )
  if (changed === 1) return
  const found = await findDecision(queries, decision)
  throw found ? forbidden(found.state) : new RedriveError('decision-not-found', 'never', { decision })
}

export function openDecisions(ledger: Ledger): DecisionStore {
  return {
    intend: (decisions, entry) =>
      ledger.transact(async (scope) => {
        for (const decision of decisions) await insert(scope, decision)
        scope.record(entry)
      }),
    moveDecisions: (moves, entry) =>
      ledger.transact(async (scope) => {
        for (const one of moves) await move(scope, one)
        scope.record(entry)
      }),
    intendUndo: (entry) =>
      ledger.transact(async ({ record }) => {
        record(entry)
      }),
    decision: async (id) => (await ledger.look((queries) => findDecision(queries, id))) ?? null,
    intended: () =>
      ledger.look((queries) =>
        queries.all<Decision>(`${SELECT_DECISION} WHERE state = 'intended' ORDER BY decision_key`),
      ),
    recent: (source, limit) =>
      ledger.look((queries) =>
        queries.all<Decision>(
          `${SELECT_DECISION} WHERE source = $1 ORDER BY decision_key DESC LIMIT $2`,
          source,
          limit,
        ),
      ),
  }
}
