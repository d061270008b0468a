import type { Ceiling } from '../../domain/deed.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Json } from '../../domain/digest.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { JournalAction, JournalDraft } from '../../domain/journal.ts'
import { tokenColumnIn } from '../../domain/mapping/walk.ts'
import { actionableStates } from '../../domain/message.ts'
import type { MessageWithContent } from '../../domain/message.ts'
import type { Outbox, ResolveResult } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { Guards } from '../guard/guards.ts'

export interface ResolveRequest {
  readonly source: string
  /** `version` null: whatever the row is now. */
  readonly items: readonly { readonly id: string; readonly version: string | null }[]
  readonly reason: string
  /** Production: the number of messages, typed. */
  readonly typedCount: number | null
}

export interface Resolved {
  readonly id: string
  readonly decision: string | null
  readonly applied: boolean
  readonly code: ErrorCode | null
}

/** A younger decision may belong to a process that is still at it. */
const RECOVER_AGE_MS = 60_000

/** What a resolve writes into the row: found again after a crash, and readable for whoever looks with SQL. */
export function decisionToken(decision: Pick<Decision, 'decision' | 'operator' | 'reason'>): string {
  return `Resolved in Redrive by ${decision.operator}: ${decision.reason} (${decision.decision})`
}

/** Deciding that messages need no delivery, and taking that back. */
export class Resolving {
  readonly #ports: EnginePorts
  readonly #connections: Connections
  readonly #locks: Locks
  readonly #changes: Changes

  constructor(ports: EnginePorts, connections: Connections, locks: Locks, changes: Changes) {
    this.#ports = ports
    this.#connections = connections
    this.#locks = locks
    this.#changes = changes
  }

  /** Each row only if it is as the operator saw it; what was left alone says why. */
  async resolve(request: ResolveRequest, signal: AbortSignal): Promise<readonly Resolved[]> {
    const { source, items, reason, typedCount } = request
    this.#locks.require(source)
    if (reason.trim() === '') throw new RedriveError('reason-required', 'never')
    const { environment } = await this.#connections.source(source)
    if (environment === 'production' && typedCount !== items.length) {
      throw new RedriveError('count-not-typed', 'never', { count: items.length })
    }
    const within = await new Guards(this.#ports, this.#connections).requireAct(source, items.length)
    const work = async (outbox: Outbox): Promise<readonly Resolved[]> => {
      const { decisions, refused } = await this.#decide(outbox, request, signal)
      const answers = [...refused, ...(await this.#apply(outbox, decisions, within, signal))]
      const byId = new Map(answers.map((answer) => [answer.id, answer]))
      return items.flatMap(({ id }) => byId.get(id) ?? [])
    }
    return this.#connections.withOutbox(source, work, signal).finally(() => this.#changes.bump())
  }

  /** Throws `undo-too-late` where somebody else has touched the row since. */
  async undo(id: string, signal: AbortSignal): Promise<Decision> {
    const { decisionStore } = this.#ports
    const decision = await decisionStore.decision(id)
    if (!decision) throw new RedriveError('decision-not-found', 'never', { decision: id })
    const { source, appliedVersion, before } = decision
    this.#locks.require(source)
    const tooLate = new RedriveError('undo-too-late', 'never', { decision: id })
    if (decision.state !== 'applied' || appliedVersion === null || before === null) throw tooLate
    await decisionStore.intendUndo(this.#entry('undo-intended', source, id, { id: decision.id }))
    const request = { id: decision.id, version: appliedVersion, before }
    const [result] = await this.#connections.withOutbox(
      source,
      (outbox) => outbox.undo([request], signal),
      signal,
    )
    if (!result?.marked) throw tooLate
    const move = { decision: id, from: 'applied' as const, to: 'undone' as const }
    await decisionStore.moveDecisions([move], this.#entry('undone', source, id, { id: decision.id }))
    this.#changes.bump()
    return { ...decision, state: 'undone' }
  }

  /** Finds out what became of decisions whose process ended between the journal entry and the update. */
  async recover(signal: AbortSignal): Promise<void> {
    const { decisionStore, clock } = this.#ports
    for (const decision of await decisionStore.intended()) {
      const { source } = decision
      if (clock.now().getTime() - Date.parse(decision.at) < RECOVER_AGE_MS) continue
      const look = async (outbox: Outbox): Promise<Found> => found(decision, outbox, signal)
      // Not reachable now, or nobody can tell: it stays intended, and the next start asks again.
      const applied = await this.#connections.withOutbox(source, look, signal).catch(() => null)
      if (applied === null) continue
      const to = applied ? ('applied' as const) : ('not-applied' as const)
      const entry = this.#entry('resolved', source, decision.decision, { recovered: true, applied })
      await decisionStore.moveDecisions([{ decision: decision.decision, from: 'intended', to }], entry)
    }
  }

  async #decide(outbox: Outbox, { source, items, reason }: ResolveRequest, signal: AbortSignal) {
    const ids = items.map(({ id }) => id)
    const rows = new Map((await outbox.read(ids, signal)).map((row) => [row.id, row]))
    const held = await this.#ports.jobReader.held(source, ids)
    const decisions: Decision[] = []
    const refused: Resolved[] = []
    for (const { id, version } of items) {
      const row = rows.get(id)
      const code = held.has(id) ? 'outcome-unsettled' : whyNot(row, version)
      if (row && !code) decisions.push(this.#decision(source, row, reason))
      else refused.push({ id, decision: null, applied: false, code: code ?? 'message-not-found' })
    }
    return { decisions, refused }
  }

  /** The intent is on disk before the first row changes. */
  async #apply(
    outbox: Outbox,
    decisions: readonly Decision[],
    within: readonly Ceiling[],
    signal: AbortSignal,
  ): Promise<readonly Resolved[]> {
    const [first] = decisions
    if (!first) return []
    const { source, reason } = first
    const intended = decisions.map(({ decision, id, messageId }) => ({ decision, id, messageId }))
    const { decisionStore } = this.#ports
    const entry = this.#entry('resolve-intended', source, null, { reason, intended })
    await decisionStore.intend(decisions, { ...entry, within })
    const requests = decisions.map((made) => ({
      id: made.id,
      version: made.version,
      token: decisionToken(made),
    }))
    const results = new Map((await outbox.resolve(requests, signal)).map((result) => [result.id, result]))
    const moves = decisions.map((made) => decisionMove(made, results.get(made.id)))
    const applied = moves.filter(({ to }) => to === 'applied').map(({ decision }) => decision)
    await decisionStore.moveDecisions(moves, this.#entry('resolved', source, null, { reason, applied }))
    return decisions.map(({ id, decision }): Resolved => {
      const done = applied.includes(decision)
      return { id, decision: done ? decision : null, applied: done, code: done ? null : 'row-changed' }
    })
  }

  #decision(source: string, row: MessageWithContent, reason: string): Decision {
    const { ids, clock } = this.#ports
    return {
      decision: ids.next('dec'),
      source,
      id: row.id,
      messageId: row.messageId,
      operator: this.#ports.operator(),
      reason,
      at: clock.now().toISOString(),
      state: 'intended',
      stateBefore: row.state,
      version: row.version,
      appliedVersion: null,
      before: null,
    }
  }

  #entry(action: JournalAction, source: string, subject: string | null, detail: Json): JournalDraft {
    return { action, operator: this.#ports.operator(), source, subject, detail }
  }
}

/** Whether a decision has been carried out; null: the row does not tell. */
type Found = boolean | null

async function found(decision: Decision, outbox: Outbox, signal: AbortSignal): Promise<Found> {
  const [row] = await outbox.read([decision.id], signal)
  if (row?.lastError === decisionToken(decision)) return true
  // A row that is as it was has not been resolved.
  if (row?.version === decision.version) return false
  const { resolve, lastError } = outbox.mapping
  const signed = tokenColumnIn(resolve?.set ?? {})
  // Where the layout has no place for the token, the change may be this decision or somebody else's.
  return signed !== null && signed === lastError ? false : null
}

function decisionMove({ decision }: Decision, result: ResolveResult | undefined) {
  const from = 'intended' as const
  if (!result?.applied) return { decision, from, to: 'not-applied' as const }
  return { decision, from, to: 'applied' as const, appliedVersion: result.version, before: result.before }
}

function whyNot(row: MessageWithContent | undefined, version: string | null): ErrorCode | null {
  if (!row) return 'message-not-found'
  if (version !== null && version !== row.version) return 'row-changed'
  if (!actionableStates.has(row.state)) return 'state-forbids'
  // A relay that took the row a moment ago is still at it.
  return row.state === 'in-flight' && row.trouble === null ? 'state-forbids' : null
}
