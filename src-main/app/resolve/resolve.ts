import type { Decision } from '../../domain/decision.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { actionableStates } from '../../domain/message.ts'
import type { MessageWithContent } from '../../domain/message.ts'
import type { JournalAction } from '../../domain/journal.ts'
import type { Json } from '../../domain/digest.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'

export interface ResolveRequest {
  readonly source: string
  /** `version` null: whatever the row is now. */
  readonly items: readonly { readonly id: string; readonly version: string | null }[]
  readonly reason: string
  readonly typedCount: number | null
}

export interface Resolved {
  readonly id: string
  readonly decision: string | null
  readonly applied: boolean
  readonly code: ErrorCode | null
}

/** Deciding that messages need no delivery, and taking that back. */
export interface Resolving {
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<readonly Resolved[]>
  /** Throws `undo-too-late` where somebody else has touched the row since. */
  undo(decision: string, signal: AbortSignal): Promise<Decision>
  /** Finds out what became of decisions whose process ended between the journal entry and the update. */
  recover(signal: AbortSignal): Promise<void>
}

/** A younger decision may belong to a process that is still at it. */
const RECOVER_AGE_MS = 60_000

/** What a resolve writes into the row: found again after a crash, and readable for whoever looks with SQL. */
export function decisionToken(decision: Pick<Decision, 'decision' | 'operator' | 'reason'>): string {
  return `Resolved in Redrive by ${decision.operator}: ${decision.reason} (${decision.decision})`
}

export function createResolving(
  ports: EnginePorts,
  connections: Connections,
  locks: Locks,
  changes: Changes,
): Resolving {
  const { decisionStore } = ports
  const entry = (action: JournalAction, source: string, subject: string | null, detail: Json) => ({
    action,
    operator: ports.operator,
    source,
    subject,
    detail,
  })

  return {
    async resolve({ source, items, reason, typedCount }, signal) {
      locks.require(source)
      if (reason.trim() === '') throw new RedriveError('reason-required', 'never')
      const { environment } = await connections.source(source)
      if (environment === 'production' && typedCount !== items.length) {
        throw new RedriveError('count-not-typed', 'never', { count: items.length })
      }
      return connections.withOutbox(
        source,
        async (outbox) => {
          const ids = items.map(({ id }) => id)
          const rows = new Map((await outbox.read(ids, signal)).map((row) => [row.id, row]))
          const held = await ports.jobReader.held(source, ids)
          const answers = new Map<string, Resolved>()
          const decisions: Decision[] = []
          for (const { id, version } of items) {
            const row = rows.get(id)
            const code = held.has(id) ? 'outcome-unsettled' : whyNot(row, version)
            if (code || !row)
              answers.set(id, { id, decision: null, applied: false, code: code ?? 'message-not-found' })
            else decisions.push(toDecision(ports, source, row, reason))
          }
          if (decisions.length > 0) {
            const intended = decisions.map(({ decision, id, messageId }) => ({ decision, id, messageId }))
            await decisionStore.intend(
              decisions,
              entry('resolve-intended', source, null, { reason, intended }),
            )
            const requests = decisions.map((made) => ({
              id: made.id,
              version: made.version,
              token: decisionToken(made),
            }))
            const results = new Map(
              (await outbox.resolve(requests, signal)).map((result) => [result.id, result]),
            )
            const moves = decisions.map(({ id, decision }) => {
              const result = results.get(id)
              answers.set(id, {
                id,
                decision: result?.applied ? decision : null,
                applied: result?.applied ?? false,
                code: result?.applied ? null : 'row-changed',
              })
              return result?.applied
                ? {
                    decision,
                    from: 'intended' as const,
                    to: 'applied' as const,
                    appliedVersion: result.version,
                    before: result.before,
                  }
                : { decision, from: 'intended' as const, to: 'not-applied' as const }
            })
            const applied = moves.filter(({ to }) => to === 'applied').map(({ decision }) => decision)
            await decisionStore.moveDecisions(moves, entry('resolved', source, null, { reason, applied }))
            changes.bump()
          }
          return ids.flatMap((id) => answers.get(id) ?? [])
        },
        signal,
      )
    },
    async undo(id, signal) {
      const decision = await decisionStore.decision(id)
      if (!decision) throw new RedriveError('decision-not-found', 'never', { decision: id })
      const { source, appliedVersion, before } = decision
      locks.require(source)
      if (decision.state !== 'applied' || appliedVersion === null || before === null) {
        throw new RedriveError('undo-too-late', 'never', { decision: id })
      }
      await decisionStore.intendUndo(entry('undo-intended', source, id, { id: decision.id }))
      const [result] = await connections.withOutbox(
        source,
        (outbox) => outbox.undo([{ id: decision.id, version: appliedVersion, before }], signal),
        signal,
      )
      if (!result?.marked) throw new RedriveError('undo-too-late', 'never', { decision: id })
      await decisionStore.moveDecisions(
        [{ decision: id, from: 'applied', to: 'undone' }],
        entry('undone', source, id, { id: decision.id }),
      )
      changes.bump()
      return { ...decision, state: 'undone' }
    },
    async recover(signal) {
      for (const decision of await decisionStore.intended()) {
        const { source, id } = decision
        if (ports.clock.now().getTime() - Date.parse(decision.at) < RECOVER_AGE_MS) continue
        const find = connections.withOutbox(source, (outbox) => outbox.read([id], signal), signal)
        const rows = await find.catch(() => null)
        // Not reachable now: it stays intended, and the next start asks again.
        if (!rows) continue
        const applied = rows[0]?.lastError === decisionToken(decision)
        await decisionStore.moveDecisions(
          [{ decision: decision.decision, from: 'intended', to: applied ? 'applied' : 'not-applied' }],
          entry('resolved', source, decision.decision, { recovered: true, applied }),
        )
      }
    },
  }
}

function whyNot(row: MessageWithContent | undefined, version: string | null): ErrorCode | null {
  if (!row) return 'message-not-found'
  if (version !== null && version !== row.version) return 'row-changed'
  if (!actionableStates.has(row.state)) return 'state-forbids'
  return row.state === 'in-flight' && row.trouble === null ? 'state-forbids' : null
}

function toDecision(ports: EnginePorts, source: string, row: MessageWithContent, reason: string): Decision {
  return {
    decision: ports.ids.next('dec'),
    source,
    id: row.id,
    messageId: row.messageId,
    operator: ports.operator,
    reason,
    at: ports.clock.now().toISOString(),
    state: 'intended',
    stateBefore: row.state,
    version: row.version,
    appliedVersion: null,
    before: null,
  }
}
