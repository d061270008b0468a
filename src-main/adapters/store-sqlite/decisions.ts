import { RedriveError } from '../../domain/errors.ts'
import { decisionMayMove } from '../../domain/decision.ts'
import type { Decision, DecisionState } from '../../domain/decision.ts'
import type { DecisionStore } from '../../ports/job-store.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

type Move = Parameters<DecisionStore['moveDecisions']>[0][number]

const SELECT_DECISION = `
  SELECT decision, source, id, message_id AS messageId, operator, reason, at, state, state_before AS stateBefore,
    version, applied_version AS appliedVersion, before
  FROM decisions`

export function openDecisions(db: Sqlite, ledger: Ledger): DecisionStore {
  const insert = db.prepare<Decision>(
    `INSERT INTO decisions (decision, source, id, message_id, operator, reason, at, state, state_before, version,
       applied_version, before)
     VALUES (@decision, @source, @id, @messageId, @operator, @reason, @at, @state, @stateBefore, @version,
       @appliedVersion, @before)`,
  )
  const setState = db.prepare<unknown[]>(
    `UPDATE decisions SET state = ?, applied_version = coalesce(?, applied_version), before = coalesce(?, before)
     WHERE decision = ? AND state = ?`,
  )
  const byId = db.prepare<[string], Decision>(`${SELECT_DECISION} WHERE decision = ?`)
  const intended = db.prepare<[], Decision>(
    `${SELECT_DECISION} WHERE state = 'intended' ORDER BY decision_key`,
  )
  const recent = db.prepare<[string, number], Decision>(
    `${SELECT_DECISION} WHERE source = ? ORDER BY decision_key DESC LIMIT ?`,
  )

  function move({ decision, from, to, appliedVersion, before }: Move): void {
    const forbidden = (state: DecisionState): RedriveError =>
      new RedriveError('job-state-forbids', 'never', { job: decision, state, wanted: to })
    if (!decisionMayMove(from, to)) throw forbidden(from)
    if (setState.run(to, appliedVersion ?? null, before ?? null, decision, from).changes === 1) return
    const found = byId.get(decision)
    throw found ? forbidden(found.state) : new RedriveError('decision-not-found', 'never', { decision })
  }

  return {
    intend: async (decisions, entry) => {
      ledger.transact(({ record }) => {
        for (const decision of decisions) insert.run({ ...decision, state: 'intended' })
        record(entry)
      })
    },
    moveDecisions: async (moves, entry) => {
      ledger.transact(({ record }) => {
        moves.forEach(move)
        record(entry)
      })
    },
    intendUndo: async (entry) => {
      ledger.transact(({ record }) => record(entry))
    },
    decision: async (id) => ledger.look(() => byId.get(id) ?? null),
    intended: async () => ledger.look(() => intended.all()),
    recent: async (source, limit) => ledger.look(() => recent.all(source, limit)),
  }
}
